import { DateTime } from 'luxon';
import { settingsChanges, settingsOn } from '../settings/history.ts';
import type { Store } from '../store/store.ts';

/** How an employee is written to: language (BCP 47) and time zone of their group, as they are today. */
export async function placeOf(
  store: Store,
  { company, id }: { company: string; id: string },
  atMs: number,
): Promise<{ language: string; timeZone: string }> {
  const [first, ...later] = await settingsChanges(store, company, id);
  const today = DateTime.fromMillis(atMs, { zone: first.settings.timeZone }).toISODate() ?? '';
  return settingsOn([first, ...later], today);
}
