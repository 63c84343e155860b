/**
 * The PC as Windows sees it: power, sessions, whose session is on the monitor. Pure: each function says what the PC is
 * like afterwards and what Windows would tell a service about it, in order; null means that it cannot be done now.
 */
import type { Sid } from '../../contract/ids.ts';
import type { Power } from './page-messages.ts';

export interface Session {
  /** Never used again. */
  session: string;
  sid: Sid;
  locked: boolean;
}

export interface Machine {
  power: Power;
  sessions: readonly Session[];
  /** The session on the monitor; null at the sign-in screen with nobody behind it. */
  console: string | null;
}

/** What Windows tells about one change. */
export interface Happening {
  kind: string;
  session: Session | null;
  initiator: 'user' | 'system';
  reason: string | null;
  authMethod: string | null;
}

export interface Step {
  machine: Machine;
  happenings: Happening[];
}

export const POWERED_OFF: Machine = { power: 'off', sessions: [], console: null };

export const consoleSession = ({ sessions, console }: Machine): Session | undefined =>
  sessions.find(({ session }) => session === console);

const happening = (kind: string, session: Session | null, more: Partial<Happening> = {}): Happening => ({
  kind,
  session,
  initiator: 'user',
  reason: null,
  authMethod: null,
  ...more,
});

const withLock = (machine: Machine, session: Session, locked: boolean): Machine => ({
  ...machine,
  sessions: machine.sessions.map((other) =>
    other.session === session.session ? { ...other, locked } : other,
  ),
});

/**
 * Somebody proved who they are: logs them on, unlocks, or brings their session back to the monitor. A locked session of
 * another user goes to the background.
 */
export function signIn(
  machine: Machine,
  who: Sid,
  proof: Pick<Happening, 'authMethod' | 'reason'>,
  newSession: string,
): Step | null {
  const current = consoleSession(machine);
  if (machine.power !== 'on' || (current && !current.locked)) return null;
  const own = machine.sessions.find(({ sid }) => sid === who);
  const switched = { reason: 'user-switch' };
  if (own && own === current) {
    return { machine: withLock(machine, own, false), happenings: [happening('unlock', own, proof)] };
  }
  const left = current ? [happening('remote-disconnect', current, switched)] : [];
  if (own) {
    const connected = [happening('remote-connect', own, switched), happening('unlock', own, proof)];
    const unlocked = withLock(machine, own, false);
    return { machine: { ...unlocked, console: own.session }, happenings: [...left, ...connected] };
  }
  const begun = { session: newSession, sid: who, locked: false };
  return {
    machine: { ...machine, sessions: [...machine.sessions, begun], console: newSession },
    happenings: [...left, happening('logon', begun, proof)],
  };
}

export function lock(machine: Machine): Step | null {
  const current = inUse(machine);
  return current && { machine: withLock(machine, current, true), happenings: [happening('lock', current)] };
}

export function signOut(machine: Machine): Step | null {
  const current = inUse(machine);
  if (!current) return null;
  const sessions = machine.sessions.filter((other) => other !== current);
  return { machine: { ...machine, sessions, console: null }, happenings: [happening('logoff', current)] };
}

/** Back to the sign-in screen, with the session left running: Windows locks it and disconnects it. */
export function switchUser(machine: Machine): Step | null {
  const current = inUse(machine);
  const switched = { reason: 'user-switch' };
  return (
    current && {
      machine: { ...withLock(machine, current, true), console: null },
      happenings: [happening('lock', current, switched), happening('remote-disconnect', current, switched)],
    }
  );
}

/** The session in use is locked first, as Windows does when waking up asks for the password. */
export function sleep(machine: Machine): Step | null {
  if (machine.power !== 'on') return null;
  const current = consoleSession(machine);
  const locked = inUse(machine);
  const suspended = happening('suspend', current ?? null);
  return {
    machine: { ...(current ? withLock(machine, current, true) : machine), power: 'asleep' },
    happenings: locked ? [happening('lock', locked, { reason: 'suspend' }), suspended] : [suspended],
  };
}

export function wake(machine: Machine): Step | null {
  if (machine.power !== 'asleep') return null;
  const happenings = [happening('resume', consoleSession(machine) ?? null)];
  return { machine: { ...machine, power: 'on' }, happenings };
}

/** Ends every session: the one on the monitor by its user's wish, those in the background by force. */
export function shutDown(machine: Machine, reason: 'shutdown' | 'restart'): Step | null {
  if (machine.power !== 'on') return null;
  const logoffs = machine.sessions.map((session) =>
    happening('logoff', session, {
      initiator: session.session === machine.console ? 'user' : 'system',
      reason,
    }),
  );
  return {
    machine: { ...POWERED_OFF, power: 'stopping' },
    happenings: [...logoffs, happening('shutdown', null, { reason })],
  };
}

export const startUp = (machine: Machine): Step | null =>
  machine.power === 'starting'
    ? { machine: { ...machine, power: 'on' }, happenings: [happening('startup', null)] }
    : null;

const inUse = (machine: Machine): Session | null => {
  const current = consoleSession(machine);
  return machine.power === 'on' && current && !current.locked ? current : null;
};
