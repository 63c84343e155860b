import { z } from 'zod';
import { type GroupSettings, settingsHistory as historyOf, type SettingsHistory } from '../punches/index.ts';
import type { Store } from '../store/store.ts';
import { type StoredSettings, storedSettings } from './group-settings.ts';

/** What is in force for an employee on a workday, complete. */
export interface ResolvedSettings extends GroupSettings {
  /** BCP 47 tag. */
  readonly language: string;
  readonly forwarding: Required<NonNullable<StoredSettings['forwarding']>>;
}

/** In force from workday `from` on; null means since ever. */
export interface ResolvedChange {
  readonly from: string | null;
  readonly settings: ResolvedSettings;
}

/** How an employee's punches of a workday are forwarded. */
export type ForwardingSettings = ResolvedSettings['forwarding'] &
  Pick<ResolvedSettings, 'timeZone' | 'carryOver'>;

const punchSource = z.enum(['client', 'smarton', 'lanscope', 'malion', 'senselink']);

/**
 * The settings of an employee through time, as the punch rules take them.
 *
 * A part the group leaves open is the company's, and after that the default; the day border is the group's, else the
 * division's, else the company's, else 00:00. The group, the division and the source are those of today: only settings
 * have a history.
 *
 * @throws when the employee is unknown or a stored setting cannot be read
 */
export async function settingsHistory(
  store: Store,
  company: string,
  employee: string,
): Promise<SettingsHistory> {
  return historyOf(await settingsChanges(store, company, employee));
}

/**
 * How an employee's punches of a workday are forwarded.
 *
 * @param date the workday, YYYY-MM-DD
 * @throws as `settingsHistory` does
 */
export async function forwardingSettings(
  store: Store,
  company: string,
  employee: string,
  date: string,
): Promise<ForwardingSettings> {
  const { forwarding, timeZone, carryOver } = settingsOn(
    await settingsChanges(store, company, employee),
    date,
  );
  return { ...forwarding, timeZone, carryOver };
}

/** The settings of an employee, completed, from each day on which something changed; the first are in force since ever. */
export async function settingsChanges(
  store: Store,
  company: string,
  employee: string,
): Promise<[ResolvedChange, ...ResolvedChange[]]> {
  const person = await store
    .selectFrom('employees')
    .leftJoin('divisions', (join) =>
      join
        .onRef('divisions.company', '=', 'employees.company')
        .onRef('divisions.code', '=', 'employees.division_code'),
    )
    .select(['employees.group_id', 'employees.source', 'divisions.day_border'])
    .where('employees.company', '=', company)
    .where('employees.id', '=', employee)
    .executeTakeFirst();
  if (!person) throw new Error(`The company has no employee ${employee}`);
  const rows = await store
    .selectFrom('settings')
    .select(['group_id', 'effective_from', 'settings'])
    .where('company', '=', company)
    .where('group_id', 'in', ['', ...(person.group_id === null ? [] : [person.group_id])])
    .orderBy('effective_from')
    .execute();
  const stored = rows.map((row) => ({
    ofGroup: row.group_id !== '',
    from: row.effective_from,
    settings: storedSettings.parse(JSON.parse(row.settings)),
  }));
  const inForce = (ofGroup: boolean, date: string): StoredSettings =>
    stored.findLast((row) => row.ofGroup === ofGroup && row.from <= date)?.settings ?? {};
  const source = punchSource.parse(person.source);
  const resolvedOn = (date: string): ResolvedSettings =>
    resolved(inForce(true, date), inForce(false, date), person.day_border, source);
  const dates = [...new Set(stored.map(({ from }) => from))].filter((from) => from !== '');
  return [
    { from: null, settings: resolvedOn('') },
    ...dates.map((from) => ({ from, settings: resolvedOn(from) })),
  ];
}

/** The settings in force on a workday. */
export function settingsOn(
  changes: readonly [ResolvedChange, ...ResolvedChange[]],
  date: string,
): ResolvedSettings {
  return (changes.findLast(({ from }) => from === null || from <= date) ?? changes[0]).settings;
}

function resolved(
  group: StoredSettings,
  company: StoredSettings,
  divisionBorder: string | null,
  source: GroupSettings['source'],
): ResolvedSettings {
  const forwarding = { ...company.forwarding, ...group.forwarding };
  return {
    timeZone: group.timeZone ?? company.timeZone ?? 'Asia/Tokyo',
    dayBorder: group.dayBorder ?? divisionBorder ?? company.dayBorder ?? '00:00',
    language: group.language ?? company.language ?? 'ja',
    breaks: breakSettings(group.breaks, company.breaks),
    carryOver: group.carryOver ?? company.carryOver ?? false,
    punches: group.punches ?? company.punches ?? 'both',
    source,
    forwarding: {
      atOnce: forwarding.atOnce ?? false,
      overwriteConfirmed: forwarding.overwriteConfirmed ?? false,
      otherRecorders: forwarding.otherRecorders ?? false,
      vendorCompatible: forwarding.vendorCompatible ?? false,
      foreignTime: forwarding.foreignTime ?? 'instant',
    },
  };
}

type StoredBreaks = NonNullable<StoredSettings['breaks']>;

/** A group that names any minimum names all of its own: a company's minimum for locks must not outdo a group's for both. */
function breakSettings(group?: StoredBreaks, company?: StoredBreaks): GroupSettings['breaks'] {
  const { enabled } = group ?? company ?? { enabled: false };
  const namesMinimum = (breaks?: StoredBreaks) =>
    breaks?.minimumMinutes ?? breaks?.lockMinimumMinutes ?? breaks?.logoffMinimumMinutes;
  const minima = namesMinimum(group) === undefined ? company : group;
  return {
    enabled,
    ...(minima?.minimumMinutes !== undefined && { minimumMinutes: minima.minimumMinutes }),
    ...(minima?.lockMinimumMinutes !== undefined && { lockMinimumMinutes: minima.lockMinimumMinutes }),
    ...(minima?.logoffMinimumMinutes !== undefined && { logoffMinimumMinutes: minima.logoffMinimumMinutes }),
  };
}
