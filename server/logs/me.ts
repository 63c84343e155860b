import type { HoldReason, Me, PunchKind, PunchState } from '../../contract/me.ts';
import { me } from '../../contract/me.ts';
import type { Clock } from '../clock.ts';
import { isOut, type LedgerRow, ledgerRow, wholeSecond } from '../forwarder/ledger.ts';
import { settingsHistory } from '../punches/index.ts';
import {
  companySettingsChanges,
  type ResolvedSettings,
  settingsChanges,
  settingsOn,
} from '../settings/history.ts';
import type { Store } from '../store/store.ts';
import { openFindingKinds } from './findings.ts';
import type { ReadMe } from './types.ts';

interface Account {
  company: string;
  device: string;
  sid: string;
}

/** Makes the function that reads what the client shows a person of their day. */
export function createReadMe({ store, clock }: { store: Store; clock: Clock }): ReadMe {
  return async (account) => {
    const nowMs = clock.now();
    const person = await employeeOf(store, account);
    const changes = person
      ? await settingsChanges(store, account.company, person.id)
      : await companySettingsChanges(store, account.company);
    const { date } = settingsHistory(changes).workdayAt(nowMs);
    const settings = settingsOn(changes, date);
    const newest = await newestLog(store, account);
    return me.parse({
      account: {
        sid: account.sid,
        domain: newest?.account_domain ?? '',
        name: newest?.account_name ?? '',
      },
      employee: person && {
        code: person.code,
        lastName: person.last_name,
        firstName: person.first_name,
        group: person.group,
      },
      settings: {
        timeZone: settings.timeZone,
        dayBorder: settings.dayBorder,
        language: settings.language,
      },
      today: person
        ? await workdayOf(store, account.company, person.id, date, settings)
        : { date, in: null, out: null, breaks: [], flags: [], punches: [] },
      status: {
        lastEventAt: instant(newest?.placed_at ?? null),
        findings: await openFindingKinds(store, account),
      },
      serverTime: instant(nowMs),
    } satisfies Record<keyof Me, unknown>);
  };
}

function employeeOf(store: Store, { company, device, sid }: Account) {
  return store
    .selectFrom('links')
    .innerJoin('employees', (join) =>
      join.onRef('employees.company', '=', 'links.company').onRef('employees.id', '=', 'links.employee'),
    )
    .leftJoin('groups', (join) =>
      join.onRef('groups.company', '=', 'employees.company').onRef('groups.id', '=', 'employees.group_id'),
    )
    .select([
      'employees.id',
      'employees.code',
      'employees.last_name',
      'employees.first_name',
      'groups.name as group',
    ])
    .where('links.company', '=', company)
    .where('links.device', '=', device)
    .where('links.sid', '=', sid)
    .executeTakeFirst()
    .then((person) => person ?? null);
}

/** The account's newest log in true time; one that stands nowhere only when there is no other. */
async function newestLog(store: Store, { company, device, sid }: Account) {
  const logs = store
    .selectFrom('logs')
    .select(['account_domain', 'account_name', 'placed_at'])
    .where('company', '=', company)
    .where('device', '=', device)
    .where('sid', '=', sid)
    .limit(1);
  const placed = await logs
    .where('placed_at', 'is not', null)
    .orderBy('placed_at', 'desc')
    .executeTakeFirst();
  return placed ?? (await logs.executeTakeFirst());
}

async function workdayOf(
  store: Store,
  company: string,
  employee: string,
  date: string,
  settings: ResolvedSettings,
) {
  const workday = await store
    .selectFrom('workdays')
    .select(['in_at', 'out_at', 'breaks', 'flags'])
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '=', date)
    .executeTakeFirst();
  const breaks: [number, number][] = JSON.parse(workday?.breaks ?? '[]');
  return {
    date,
    in: instant(workday?.in_at ?? null),
    out: instant(workday?.out_at ?? null),
    breaks: breaks.map(([start, end]) => ({ start: instant(start), end: instant(end) })),
    flags: JSON.parse(workday?.flags ?? '[]'),
    punches: await punchesOf(store, company, employee, date, settings),
  };
}

async function punchesOf(
  store: Store,
  company: string,
  employee: string,
  date: string,
  settings: ResolvedSettings,
) {
  const punches = await store
    .selectFrom('punches')
    .select(['kind', 'at', 'hold'])
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '=', date)
    .orderBy('at')
    .execute();
  const rows = await store
    .selectFrom('outbox')
    .selectAll()
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '=', date)
    .execute();
  const ledger = rows.map(ledgerRow);
  return punches.map(({ kind, at, hold }) => {
    const isThis = (row: { at: number }) => row.at === wholeSecond(at);
    const entry = ledger.find((row) => row.kind === kind && (isThis(row) || kind === 'in'));
    const standing = entry
      ? standingInLedger(entry, isThis(entry))
      : standingBeforeLedger(kind, settings.forwarding.vendorCompatible ? null : hold);
    return { kind, at: instant(at), ...standing };
  });
}

/** `reason` is null for all that is not held. */
interface Standing {
  state: PunchState;
  reason: string | null;
}

/** A workday has one 出勤: where another instant of it has gone already, this one is a matter for the administrator. */
function standingInLedger(entry: LedgerRow, isSameInstant: boolean): Standing {
  const { state, hold } = entry;
  if (state === 'held') return { state, reason: hold };
  if (!isSameInstant && state !== 'waiting') return { state: 'held', reason: reasonOfOther(entry) };
  return { state: state === 'sending' ? 'waiting' : state, reason: null };
}

/** Why a 出勤 does not go when the ledger has another instant of it. */
const reasonOfOther = (entry: LedgerRow): HoldReason | null =>
  isOut(entry) && entry.hold !== 'entered' ? 'changed-after-sending' : null;

/** 出勤 goes as it happens, everything else when the workday is settled. */
function standingBeforeLedger(kind: PunchKind, hold: string | null): Standing {
  if (kind !== 'in') return { state: 'provisional', reason: null };
  return { state: hold === null ? 'waiting' : 'held', reason: hold };
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
