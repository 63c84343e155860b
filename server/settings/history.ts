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

/** What holds where nobody has set anything. */
const defaultSettings: ResolvedSettings = {
  timeZone: 'Asia/Tokyo',
  dayBorder: '00:00',
  language: 'ja',
  breaks: { enabled: false },
  carryOver: false,
  punches: 'both',
  source: 'client',
  forwarding: {
    atOnce: false,
    overwriteConfirmed: false,
    otherRecorders: false,
    vendorCompatible: false,
    foreignTime: 'instant',
  },
};

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

export type ResolvedChanges = readonly [ResolvedChange, ...ResolvedChange[]];

/**
 * The settings of an employee, completed, from each day on which something changed; the first are in force since ever.
 *
 * @throws as `settingsHistory` does
 */
export async function settingsChanges(
  store: Store,
  company: string,
  employee: string,
): Promise<ResolvedChanges> {
  const person = await store
    .selectFrom('employees')
    .leftJoin('divisions', (join) =>
      join
        .onRef('divisions.company', '=', 'employees.company')
        .onRef('divisions.code', '=', 'employees.division_code'),
    )
    .select(['employees.group_id as group', 'employees.source', 'divisions.day_border as border'])
    .where('employees.company', '=', company)
    .where('employees.id', '=', employee)
    .executeTakeFirst();
  if (!person) throw new Error(`The company has no employee ${employee}`);
  return changesFor(store, company, { ...person, source: punchSource.parse(person.source) });
}

/** The settings of a company for somebody who is not known as an employee yet. */
export function companySettingsChanges(store: Store, company: string): Promise<ResolvedChanges> {
  return changesFor(store, company, { group: null, border: null, source: 'client' });
}

interface Member {
  group: string | null;
  /** The division's day border. */
  border: string | null;
  source: GroupSettings['source'];
}

async function changesFor(store: Store, company: string, member: Member): Promise<ResolvedChanges> {
  const rows = await store
    .selectFrom('settings')
    .select(['group_id', 'effective_from', 'settings'])
    .where('company', '=', company)
    .where('group_id', 'in', ['', ...(member.group === null ? [] : [member.group])])
    .orderBy('effective_from')
    .execute();
  const stored = rows.map((row) => ({
    ofGroup: row.group_id !== '',
    from: row.effective_from,
    settings: storedSettings.parse(JSON.parse(row.settings)),
  }));
  const inForce = (ofGroup: boolean, date: string): StoredSettings =>
    stored.findLast((row) => row.ofGroup === ofGroup && row.from <= date)?.settings ?? {};
  const resolvedOn = (date: string) => resolved(inForce(true, date), inForce(false, date), member);
  const dates = [...new Set(stored.map(({ from }) => from))].filter((from) => from !== '');
  return [
    { from: null, settings: resolvedOn('') },
    ...dates.map((from) => ({ from, settings: resolvedOn(from) })),
  ];
}

/** The settings in force on a workday. */
export function settingsOn(changes: ResolvedChanges, date: string): ResolvedSettings {
  return (changes.findLast(({ from }) => from === null || from <= date) ?? changes[0]).settings;
}

function resolved(
  group: StoredSettings,
  company: StoredSettings,
  { border, source }: Member,
): ResolvedSettings {
  return {
    timeZone: group.timeZone ?? company.timeZone ?? defaultSettings.timeZone,
    dayBorder: group.dayBorder ?? border ?? company.dayBorder ?? defaultSettings.dayBorder,
    language: group.language ?? company.language ?? defaultSettings.language,
    breaks: breakSettings(group.breaks, company.breaks),
    carryOver: group.carryOver ?? company.carryOver ?? defaultSettings.carryOver,
    punches: group.punches ?? company.punches ?? defaultSettings.punches,
    source,
    forwarding: {
      ...defaultSettings.forwarding,
      ...defined(company.forwarding),
      ...defined(group.forwarding),
    },
  };
}

function defined(part: StoredSettings['forwarding']): Partial<ResolvedSettings['forwarding']> {
  return Object.fromEntries(Object.entries(part ?? {}).filter(([, value]) => value !== undefined));
}

type StoredBreaks = NonNullable<StoredSettings['breaks']>;

/** A group that names any minimum names all of its own: a company's minimum for locks must not outdo a group's for both. */
function breakSettings(group?: StoredBreaks, company?: StoredBreaks): GroupSettings['breaks'] {
  const { enabled } = group ?? company ?? defaultSettings.breaks;
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
