/** Follows each session through its logs: when it is in use, and what each log does to that. */
import { tellsOfUse } from './counting.ts';
import { type Log, type PunchSource, punchSourceOf } from './logs.ts';

/**
 * What a log does to its session. `ends` leaves a session that can be returned to (lock, suspend, disconnect);
 * `closes` leaves none (logoff, shutdown); `finds-lost` shows that the session is gone, not when it went.
 */
export type Effect = 'begins' | 'ends' | 'closes' | 'finds-lost';

export interface Step {
  readonly log: Log;
  readonly effect: Effect;
  /** In use after this log. */
  readonly inUse: boolean;
}

/** One session's logs that concern its use, in order. Sessions of different sources are never one. */
export interface Track {
  readonly source: PunchSource;
  readonly steps: readonly Step[];
}

export interface Use {
  readonly tracks: readonly Track[];
  /** Listed logs that make no punch after all: suspends of sessions not in use, locks that belong to a suspend. */
  readonly idle: ReadonlySet<Log>;
}

/**
 * Follows all sessions.
 *
 * Windows can end use but never begin it: a sign-on or a wake by the system leaves the session as unused as it was,
 * until the employee's own log comes. A startup or shutdown speaks for every session of its device.
 *
 * @param logs in order (`inOrder`), each once
 */
export function followUse(logs: readonly Log[]): Use {
  const devices = new Map<string, Map<string, OpenTrack>>();
  const idle = new Set<Log>();
  for (const log of logs) {
    if (!tellsOfUse(log)) continue;
    const source = punchSourceOf(log.source);
    const device = JSON.stringify([source, log.device]);
    const sessions = devices.get(device) ?? new Map<string, OpenTrack>();
    devices.set(device, sessions);
    const concerned = sessionsConcerned(log, sessions, source);
    if (concerned.every((track) => isIdle(track, log))) idle.add(log);
    for (const track of concerned) {
      const effect = effectOf(track, log);
      if (effect !== null) step(track, log, effect);
    }
  }
  return { tracks: [...devices.values()].flatMap((sessions) => [...sessions.values()]), idle };
}

function sessionsConcerned(log: Log, sessions: Map<string, OpenTrack>, source: PunchSource): OpenTrack[] {
  const open = (): OpenTrack[] => [...sessions.values()].filter(isOpen);
  if (log.kind === 'startup' || log.kind === 'shutdown') return open();
  let own = sessions.get(log.session);
  if (own === undefined) {
    // The whole device sleeps and wakes: where no such session is known, those that are open are meant.
    if ((log.kind === 'suspend' || log.kind === 'resume') && open().length > 0) return open();
    own = { source, steps: [], inUse: false, suspendedInUse: false };
    sessions.set(log.session, own);
  }
  return [own];
}

function isOpen({ steps }: OpenTrack): boolean {
  const effect = steps.at(-1)?.effect;
  return effect === 'begins' || effect === 'ends';
}

interface OpenTrack {
  readonly source: PunchSource;
  readonly steps: Step[];
  inUse: boolean;
  /** Asleep since it was in use, and not locked since: resume alone brings it back. */
  suspendedInUse: boolean;
}

function step(track: OpenTrack, log: Log, effect: Effect): void {
  track.suspendedInUse = log.kind === 'suspend' && (track.inUse || track.suspendedInUse);
  track.inUse = effect === 'begins';
  track.steps.push({ log, effect, inUse: track.inUse });
}

function effectOf(track: OpenTrack, log: Log): Effect | null {
  const byUser = log.initiator === 'user';
  switch (log.kind) {
    case 'logon':
      return byUser ? 'begins' : 'finds-lost';
    case 'unlock':
    case 'remote-connect':
      return byUser ? 'begins' : null;
    case 'resume':
      return byUser && (track.suspendedInUse || track.inUse) ? 'begins' : null;
    case 'lock':
    case 'remote-disconnect':
    case 'suspend':
      return 'ends';
    case 'logoff':
    case 'shutdown':
      return 'closes';
    case 'startup':
      return 'finds-lost';
    default:
      return null;
  }
}

function isIdle(track: OpenTrack, log: Log): boolean {
  if (log.kind === 'suspend') return !track.inUse;
  // Windows may deliver the lock of a suspend only at the resume; nobody locks in the very instant of waking.
  const last = track.steps.at(-1)?.log;
  return log.kind === 'lock' && last?.kind === 'resume' && last.at === log.at;
}
