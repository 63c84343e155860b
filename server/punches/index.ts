/** What the rest of the server may use of the punch rules. */
export { borderInstant, type SettingsHistory, settingsHistory, type WorkdaySpan } from './calendar.ts';
export { type Break, computeWorkdays, type Flag, type Punch, type Workday } from './compute.ts';
export type { EventKind, EventSource, Instant, Log, LogFacts, PunchSource, Trust } from './logs.ts';
export { EVENT_KINDS, punchSourceOf } from './logs.ts';
export {
  type Anchor,
  type ClockRun,
  type EventTime,
  type Placed,
  place,
  type RawEvent,
} from './place.ts';
export { type BreakSettings, type GroupSettings, type SettingsChange, SettingsError } from './settings.ts';
