/** The logs of one employee, sorted into workdays. */
import type { SettingsHistory, WorkdaySpan } from './calendar.ts';
import { isListed } from './counting.ts';
import type { Instant, Log } from './logs.ts';

/** A workday with the logs that belong to it, in order. Carry-over may add logs past its border. */
export interface Day {
  readonly span: WorkdaySpan;
  readonly logs: readonly Log[];
}

/** Which log belongs to which workday, before and after carry-over. */
export class DayBook {
  readonly days: readonly Day[];
  readonly #idle: ReadonlySet<Log>;
  readonly #open: { readonly span: WorkdaySpan; logs: Log[] }[] = [];
  readonly #spanOf = new Map<Log, WorkdaySpan>();
  readonly #dayOf = new Map<Log, Day>();

  /**
   * @param logs in order, each once
   * @param idle listed logs that make no punch (`followUse`)
   */
  constructor(logs: readonly Log[], history: SettingsHistory, idle: ReadonlySet<Log>) {
    this.#idle = idle;
    this.days = this.#open;
    let day: { readonly span: WorkdaySpan; logs: Log[] } | undefined;
    for (const log of logs) {
      if (day === undefined || log.at >= day.span.end) {
        day = { span: history.workdayAt(log.at), logs: [] };
        this.#open.push(day);
      }
      day.logs.push(log);
      this.#spanOf.set(log, day.span);
      this.#dayOf.set(log, day);
    }
  }

  /** The workday whose borders the log lies between. */
  spanOf(log: Log): WorkdaySpan {
    return known(this.#spanOf.get(log));
  }

  /** The workday the log belongs to. */
  dayOf(log: Log): Day {
    return known(this.#dayOf.get(log));
  }

  /** Whether the log counts for 出勤 and 退勤 of the workday it belongs to. */
  counts(log: Log): boolean {
    return !this.#idle.has(log) && isListed(log, this.dayOf(log).span.settings);
  }

  /** The log that makes the workday's 出勤; without one there is no such workday. */
  clockIn(day: Day): Log | undefined {
    return day.logs.find((log) => this.counts(log));
  }

  /** Takes every device's logs up to and including `until` from later workdays into `day`. */
  carry(day: Day, until: Instant): void {
    const into = known(this.#open.find((open) => open === day));
    for (const later of this.#open) {
      if (later.span.start <= day.span.start) continue;
      if (later.span.start > until) break;
      const taken = later.logs.filter((log) => log.at <= until);
      for (const log of taken) this.#dayOf.set(log, into);
      into.logs.push(...taken);
      later.logs = later.logs.slice(taken.length);
    }
  }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('A log or workday was asked for that is not in this book.');
  return value;
}
