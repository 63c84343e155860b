/**
 * Which of an employee's logs must be looked at when something changed from an instant on, so that the workdays come out as
 * if all logs were looked at.
 */
import { sql } from 'kysely';
import { DEVICE_KINDS } from '../logs/rows.ts';
import type { EventSource, Log, SettingsHistory, WorkdaySpan } from '../punches/index.ts';
import type { Store } from '../store/store.ts';

export interface EmployeeScope {
  company: string;
  employee: string;
}

export interface Span {
  logs: Log[];
  /** Workdays before this one need not be, and cannot be, computed from these logs. */
  firstDate: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** No session is carried further past 出勤 than this (docs/punch-rules.md, "Carry-over"). */
const CARRY_REACH_MS = 16 * HOUR_MS;

/** A session without a log for this long is taken up again only by a log of its own. */
const SILENCE_MS = 35 * DAY_MS;

/** How many workdays in a row may lean on the one before, by carry-over, before we stop looking for the first. */
const MAX_CHAIN_DAYS = 31;

/** What takes a session into use: from there on its state is known without looking further back. */
const BEGINNINGS = ['logon', 'unlock', 'remote-connect'];

/** The punch rules may take these for every open session of their device. */
const SLEEP_KINDS: ReadonlySet<string> = new Set(['suspend', 'resume']);

/** A session of the employee that was begun and not logged off at an instant. */
interface OpenSession {
  device: string;
  sid: string | null;
  session: string | null;
  begunAt: number;
}

/**
 * Loads the span. It begins with the earliest workday a change at `fromMs` can touch: its own, the one before, and those in
 * which a session that goes on after `fromMs` was begun, which its next log may flag (`crosses-border`, `abnormal-end`).
 * Before that lie as many workdays as carry-over may lean on, and of sessions older still what tells whether they are in use.
 */
export async function loadSpan(
  tx: Store,
  scope: EmployeeScope,
  fromMs: number,
  history: SettingsHistory,
): Promise<Span> {
  const changed = await employeeLogs(tx, scope, fromMs, null);
  const first = await firstTouched(tx, scope, fromMs, changed, history);
  const windowStart = await cleanBorder(tx, scope, first, history);
  const window = [...(await employeeLogs(tx, scope, windowStart, fromMs)), ...changed];
  const context: LogRow[] = [];
  for (const open of await openSessions(tx, scope, windowStart, window)) {
    context.push(...(await sessionLogs(tx, scope, open, windowStart)));
  }
  const logs = [...context, ...window];
  const earliest = logs.reduce((at, { placed_at }) => Math.min(at, placed_at ?? at), windowStart);
  const devices = [...new Set(logs.map(({ device }) => device))];
  const machine = await machineLogs(tx, scope.company, devices, earliest);
  return { logs: [...logs, ...machine].flatMap(punchLog), firstDate: first.date };
}

async function firstTouched(
  tx: Store,
  scope: EmployeeScope,
  fromMs: number,
  changed: readonly LogRow[],
  history: SettingsHistory,
): Promise<WorkdaySpan> {
  const open = await openSessions(tx, scope, fromMs, changed);
  const uncertain = await uncertainLogs(tx, scope);
  const goesOn = new Set([...changed, ...uncertain].map(sessionKey));
  const silent = open.filter((session) => !goesOn.has(sessionKey(session)));
  const machine = await machineLogs(
    tx,
    scope.company,
    [...new Set(silent.map(({ device }) => device))],
    fromMs,
  );
  const slept = [...changed, ...uncertain].filter(({ kind }) => SLEEP_KINDS.has(kind));
  const wholeDevices = new Set([...machine, ...slept].map(({ device }) => device));
  const touched = open
    .filter((session) => goesOn.has(sessionKey(session)) || wholeDevices.has(session.device))
    .map(({ begunAt }) => begunAt);
  return history.workdayAt(Math.min(fromMs - CARRY_REACH_MS, ...touched));
}

/** The start of a workday, before the given one, into which nothing can have been carried. */
async function cleanBorder(
  tx: Store,
  { company, employee }: EmployeeScope,
  first: WorkdaySpan,
  history: SettingsHistory,
): Promise<number> {
  let day = history.workdayAt(first.start - 1);
  for (let days = 1; days < MAX_CHAIN_DAYS && day.settings.carryOver; days++) {
    const { last } = await tx
      .selectFrom('logs')
      .select((is) => is.fn.max<number | null>('placed_at').as('last'))
      .where('company', '=', company)
      .where('employee', '=', employee)
      .where('placed_at', '<', day.start)
      .executeTakeFirstOrThrow();
    if (last === null || last < day.start - CARRY_REACH_MS) break;
    day = history.workdayAt(day.start - 1);
  }
  return day.start;
}

/** The sessions open at an instant that were heard of lately, and all that go on in the logs that follow. */
async function openSessions(
  tx: Store,
  { company, employee }: EmployeeScope,
  atMs: number,
  following: readonly LogRow[],
): Promise<OpenSession[]> {
  const begun = sql<
    number | null
  >`max(case when kind in (${sql.join(BEGINNINGS)}) and initiator = 'user' then placed_at end)`;
  const rows = await tx
    .selectFrom('logs')
    .select(['device', 'sid', 'session', begun.as('begun_at')])
    .select(sql<number | null>`max(case when kind = 'logoff' then placed_at end)`.as('closed_at'))
    .select((is) => is.fn.max<number>('placed_at').as('last_at'))
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('placed_at', '>=', atMs - SILENCE_MS)
    .where('placed_at', '<', atMs)
    .groupBy(['device', 'sid', 'session'])
    .execute();
  const open: OpenSession[] = [];
  const goesOn = new Set(following.map(sessionKey));
  for (const row of rows) {
    const { device, sid, session, begun_at, closed_at, last_at } = row;
    if (closed_at === last_at && !goesOn.has(sessionKey(row))) continue;
    open.push({ device, sid, session, begunAt: begun_at ?? atMs - SILENCE_MS });
  }
  const heard = new Set(rows.map(sessionKey));
  for (const log of firstOfSessions(following)) {
    if (heard.has(sessionKey(log)) || log.kind === 'logon') continue;
    const begunAt = await lastBeginning(tx, { company, employee }, log, atMs);
    if (begunAt !== null) open.push({ device: log.device, sid: log.sid, session: log.session, begunAt });
  }
  return open;
}

/** When a session that was silent for long was last taken into use before an instant; null when never. */
async function lastBeginning(
  tx: Store,
  { company, employee }: EmployeeScope,
  { device, sid, session }: Pick<LogRow, 'device' | 'sid' | 'session'>,
  beforeMs: number,
): Promise<number | null> {
  const row = await tx
    .selectFrom('logs')
    .select('placed_at')
    .where('company', '=', company)
    .where('device', '=', device)
    .where('sid', sid === null ? 'is' : '=', sid)
    .where('session', session === null ? 'is' : '=', session)
    .where('employee', '=', employee)
    .where('kind', 'in', BEGINNINGS)
    .where('placed_at', '<', beforeMs)
    .orderBy('placed_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.placed_at ?? null;
}

function firstOfSessions(logs: readonly LogRow[]): LogRow[] {
  const first = new Map<string, LogRow>();
  for (const log of logs) {
    const known = first.get(sessionKey(log));
    if (!known || (log.placed_at ?? 0) < (known.placed_at ?? 0)) first.set(sessionKey(log), log);
  }
  return [...first.values()];
}

function sessionKey({ device, session }: { device: string; session: string | null }): string {
  return JSON.stringify([device, session]);
}

type LogRow = Awaited<ReturnType<ReturnType<typeof logRows>['execute']>>[number];

function logRows(tx: Store, company: string) {
  return tx
    .selectFrom('logs')
    .select([
      'id',
      'device',
      'sequence',
      'sid',
      'session',
      'kind',
      'initiator',
      'source',
      'placed_at',
      'placement',
      'clock_corrected',
    ])
    .where('company', '=', company);
}

/** The employee's logs placed in [fromMs, beforeMs). */
function employeeLogs(
  tx: Store,
  { company, employee }: EmployeeScope,
  fromMs: number,
  beforeMs: number | null,
): Promise<LogRow[]> {
  const query = logRows(tx, company).where('employee', '=', employee).where('placed_at', '>=', fromMs);
  return (beforeMs === null ? query : query.where('placed_at', '<', beforeMs)).execute();
}

/** Time-uncertain logs make no punch, but one that became so may have been another's next. */
function uncertainLogs(tx: Store, { company, employee }: EmployeeScope): Promise<LogRow[]> {
  return logRows(tx, company).where('employee', '=', employee).where('placed_at', 'is', null).execute();
}

function sessionLogs(
  tx: Store,
  { company, employee }: EmployeeScope,
  { device, sid, session, begunAt }: OpenSession,
  beforeMs: number,
): Promise<LogRow[]> {
  return logRows(tx, company)
    .where('employee', '=', employee)
    .where('device', '=', device)
    .where('sid', sid === null ? 'is' : '=', sid)
    .where('session', session === null ? 'is' : '=', session)
    .where('placed_at', '>=', begunAt)
    .where('placed_at', '<', beforeMs)
    .execute();
}

/** What the machines themselves recorded that ends every session on them. */
async function machineLogs(
  tx: Store,
  company: string,
  devices: readonly string[],
  fromMs: number,
): Promise<LogRow[]> {
  if (devices.length === 0) return [];
  return logRows(tx, company)
    .where('device', 'in', devices)
    .where('sid', 'is', null)
    .where('journal', 'is not', null)
    .where('kind', 'in', [...DEVICE_KINDS])
    .where('placed_at', '>=', fromMs)
    .execute();
}

function punchLog(row: LogRow): Log[] {
  const { id, device, kind, initiator, placed_at } = row;
  if (placed_at === null) return [];
  return [
    {
      id,
      device,
      sequence: row.sequence ?? 0,
      session: row.session ?? '',
      kind,
      initiator,
      source: row.source as EventSource,
      at: placed_at,
      trust: row.clock_corrected === 1 ? 'corrected' : row.placement === 'believed' ? 'unverified' : 'true',
    },
  ];
}
