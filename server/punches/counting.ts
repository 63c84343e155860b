/** Which logs make 出勤 and 退勤, and which tell of use (docs/punch-rules.md, "What counts"). */
import { type EventKind, type Log, type PunchSource, punchSourceOf } from './logs.ts';
import type { GroupSettings } from './settings.ts';

const CLIENT_KINDS = [
  'logon',
  'logoff',
  'lock',
  'unlock',
  'remote-connect',
  'remote-disconnect',
  'suspend',
] as const satisfies EventKind[];

const PUNCHING: Record<PunchSource, ReadonlySet<string>> = {
  client: new Set<EventKind>(CLIENT_KINDS),
  smarton: new Set<EventKind>(CLIENT_KINDS),
  lanscope: new Set<EventKind>(['logon', 'logoff']),
  malion: new Set<EventKind>(['logon', 'logoff']),
  senselink: new Set<EventKind>(['recognition']),
};

const CLIENT_USE: ReadonlySet<string> = new Set<EventKind>([
  ...CLIENT_KINDS,
  'resume',
  'startup',
  'shutdown',
]);

const USE: Record<PunchSource, ReadonlySet<string>> = {
  client: CLIENT_USE,
  smarton: CLIENT_USE,
  lanscope: PUNCHING.lanscope,
  malion: PUNCHING.malion,
  senselink: new Set(),
};

/**
 * Whether a log is an act of the employee. Only what watches Windows itself can tell the system's doings apart; what
 * LanScope, MaLion and SenseLink report counts whoever began it.
 */
export function isByEmployee(log: Log): boolean {
  const source = punchSourceOf(log.source);
  return log.initiator === 'user' || (source !== 'client' && source !== 'smarton');
}

/** Whether a log is on the list of the chosen source and an act of the employee. A reconciled logoff never is. */
export function isListed(log: Log, { source }: GroupSettings): boolean {
  return (
    log.source !== 'reconciled' &&
    isByEmployee(log) &&
    punchSourceOf(log.source) === source &&
    PUNCHING[source].has(log.kind)
  );
}

/** Whether a log says anything about a session being used; what the source does not report is not listened to. */
export function tellsOfUse(log: Log): boolean {
  return USE[punchSourceOf(log.source)].has(log.kind);
}
