import { isDeepStrictEqual } from 'node:util';
import { DateTime, IANAZone } from 'luxon';
import { type StoredSettings, storedSettings } from '../settings/group-settings.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';

/** `effective_from` of settings that hold since ever, and `group` of the company's own. */
export const SINCE_EVER = '';
export const COMPANY_ITSELF = '';

const DEFAULT_ZONE = 'Asia/Tokyo';

export interface SettingsChange {
  company: string;
  /** A group's id, or `COMPANY_ITSELF`. */
  group: string;
  /** First workday they hold for; `soonest` is since ever while the company has no log, and the next day after that. */
  from: string | 'soonest';
  settings: StoredSettings;
  atMs: number;
}

/**
 * Reads settings from outside, telling of what it does not know rather than dropping it: a misspelt setting must not
 * silently do nothing.
 *
 * @throws AdministrationError `invalid-settings`.
 */
export function readSettings(input: unknown): StoredSettings {
  const parsed = storedSettings.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AdministrationError(
      'invalid-settings',
      `${issue?.path.join('.') || 'settings'}: ${issue?.message}`,
    );
  }
  if (!isDeepStrictEqual(parsed.data, input)) {
    const known = Object.keys(storedSettings.shape).join(', ');
    throw new AdministrationError('invalid-settings', `There is a setting nobody knows; known are ${known}`);
  }
  const { timeZone } = parsed.data;
  if (timeZone !== undefined && !IANAZone.isValidZone(timeZone)) {
    throw new AdministrationError('invalid-settings', `timeZone: no time zone is called ${timeZone}`);
  }
  return parsed.data;
}

/**
 * Puts settings into force from a workday on, replacing what was set for that same day. Days that have begun keep theirs; only
 * while a company has no log at all there is nothing a change could rewrite, and any day may be named.
 *
 * @returns the first workday they hold for.
 * @throws AdministrationError `unknown-group`, `day-begun`.
 */
export async function setSettings(store: Store, change: SettingsChange): Promise<string> {
  const { company, group, settings } = change;
  await refuseUnknownGroup(store, company, group);
  const from = await effectiveFrom(store, change);
  const text = JSON.stringify(settings);
  await store
    .insertInto('settings')
    .values({ company, group_id: group, effective_from: from, settings: text })
    .onConflict((conflict) =>
      conflict.columns(['company', 'group_id', 'effective_from']).doUpdateSet({ settings: text }),
    )
    .execute();
  return from;
}

/** The settings last put down for a group, whether they hold already or not; null when there are none. */
export async function latestSettings(
  store: Store,
  company: string,
  group: string,
): Promise<StoredSettings | null> {
  const row = await store
    .selectFrom('settings')
    .select('settings')
    .where('company', '=', company)
    .where('group_id', '=', group)
    .orderBy('effective_from', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? storedSettings.parse(JSON.parse(row.settings)) : null;
}

async function refuseUnknownGroup(store: Store, company: string, group: string): Promise<void> {
  if (group === COMPANY_ITSELF) return;
  const found = await store
    .selectFrom('groups')
    .select('id')
    .where('company', '=', company)
    .where('id', '=', group)
    .executeTakeFirst();
  if (!found) throw new AdministrationError('unknown-group', `The company has no group ${group}`);
}

async function effectiveFrom(store: Store, change: SettingsChange): Promise<string> {
  const log = await store
    .selectFrom('logs')
    .select('id')
    .where('company', '=', change.company)
    .limit(1)
    .executeTakeFirst();
  if (!log) return change.from === 'soonest' ? SINCE_EVER : change.from;
  const today = await lastDateBegun(store, change);
  if (change.from === 'soonest') return DateTime.fromISO(today).plus({ days: 1 }).toISODate() ?? '';
  if (change.from <= today) {
    throw new AdministrationError(
      'day-begun',
      `${today} has begun; settings can change from the day after it`,
    );
  }
  return change.from;
}

/** The latest date that has begun in any zone the group has had or is about to have. */
async function lastDateBegun(store: Store, { company, group, settings, atMs }: SettingsChange) {
  const rows = await store
    .selectFrom('settings')
    .select('settings')
    .where('company', '=', company)
    .where('group_id', 'in', [group, COMPANY_ITSELF])
    .execute();
  const had = rows.map((row) => storedSettings.parse(JSON.parse(row.settings)).timeZone);
  const zones = new Set([...had, settings.timeZone, DEFAULT_ZONE].filter((zone) => zone !== undefined));
  const dates = [...zones].map((zone) => DateTime.fromMillis(atMs, { zone }).toISODate() ?? '');
  return dates.reduce((latest, date) => (date > latest ? date : latest), '');
}
