/** The group settings the punch rules need, and their history. */
import { IANAZone } from 'luxon';
import { compareText, type PunchSource } from './logs.ts';

/**
 * Break punches (休憩打刻). Lengths are minutes. `minimumMinutes` serves for both ways a gap may begin; one of the
 * other two replaces it for its way. A way without any minimum makes no breaks.
 */
export interface BreakSettings {
  readonly enabled: boolean;
  readonly minimumMinutes?: number;
  readonly lockMinimumMinutes?: number;
  readonly logoffMinimumMinutes?: number;
}

/** What was in force for a group on a workday. The border is already resolved (group > division > company > 00:00). */
export interface GroupSettings {
  /** IANA name. */
  readonly timeZone: string;
  /** 日付変更時間, `HH:MM` from 00:00 to 23:59. */
  readonly dayBorder: string;
  readonly breaks: BreakSettings;
  readonly carryOver: boolean;
  readonly source: PunchSource;
  /** `in-only` is 出勤のみ. */
  readonly punches: 'both' | 'in-only';
}

/** `settings` are in force from workday `from` (YYYY-MM-DD) on; null means from the beginning. */
export interface SettingsChange {
  readonly from: string | null;
  readonly settings: GroupSettings;
}

/** A setting the rules cannot work with; `code` is stable, the message says which value and why. */
export class SettingsError extends Error {
  readonly code: 'no-settings' | 'time-zone' | 'day-border' | 'break-minimum' | 'from-date';

  constructor(code: SettingsError['code'], message: string) {
    super(message);
    this.name = 'SettingsError';
    this.code = code;
  }
}

/** Minutes after midnight of a checked `HH:MM`. */
export function borderMinutes(dayBorder: string): number {
  return Number(dayBorder.slice(0, 2)) * 60 + Number(dayBorder.slice(3, 5));
}

/**
 * The changes checked and in order of `from`; of two with the same date the later in the list stands last.
 *
 * @throws SettingsError when the list is empty or a value is impossible.
 */
export function checkedChanges(changes: readonly SettingsChange[]): [SettingsChange, ...SettingsChange[]] {
  for (const change of changes) check(change);
  const [first, ...others] = changes.toSorted((a, b) => compareText(a.from ?? '', b.from ?? ''));
  if (first === undefined) throw new SettingsError('no-settings', 'There are no settings to compute with.');
  return [first, ...others];
}

function check({ from, settings }: SettingsChange): void {
  if (from !== null && !/^\d{4}-\d{2}-\d{2}$/.test(from)) {
    throw new SettingsError('from-date', `"${from}" is not a workday (YYYY-MM-DD).`);
  }
  if (!IANAZone.isValidZone(settings.timeZone)) {
    throw new SettingsError('time-zone', `"${settings.timeZone}" is not an IANA time zone.`);
  }
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(settings.dayBorder)) {
    throw new SettingsError('day-border', `The day border "${settings.dayBorder}" is not HH:MM.`);
  }
  const { minimumMinutes, lockMinimumMinutes, logoffMinimumMinutes } = settings.breaks;
  for (const minutes of [minimumMinutes, lockMinimumMinutes, logoffMinimumMinutes]) {
    if (minutes !== undefined && !(Number.isFinite(minutes) && minutes >= 0)) {
      throw new SettingsError('break-minimum', `A break cannot have a minimum of ${minutes} minutes.`);
    }
  }
}
