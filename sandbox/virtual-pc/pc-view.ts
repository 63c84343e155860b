import type { BridgeState } from './bridge/hardware-messages.ts';
import type { Clients } from './clients.ts';
import type { EventLog } from './event-log.ts';
import type { Machine } from './machine.ts';
import type { ClientView, PcState, UserView } from './page-messages.ts';
import type { PcUser } from './windows-accounts.ts';

/** All there is to see of the PC. */
export interface PcParts {
  options: { name: string; server: string; company: string; timeZone: string; users: readonly PcUser[] };
  machine: Machine;
  clockOffsetMs: number;
  cablePlugged: boolean;
  bridgeRunning: boolean;
  bridge: BridgeState | null;
  clients: Clients;
  events: EventLog;
}

/** The PC as the page shows it, now. */
export function viewOf(parts: PcParts): PcState {
  const { options, machine, clockOffsetMs, cablePlugged, bridge, bridgeRunning, events } = parts;
  const { name, server, company, timeZone, users } = options;
  return {
    name,
    server,
    company,
    timeZone,
    realNowMs: Date.now(),
    clockOffsetMs,
    power: machine.power,
    cablePlugged,
    users: users.map((user) => userView(user, parts)),
    core: bridge?.logon.core === 'missing' ? 'missing' : 'available',
    coreProblem: bridge?.logon.problem ?? null,
    policyVersion: bridge?.logon.policyVersion ?? null,
    bridge: {
      running: bridgeRunning,
      registered: bridge?.registered ?? false,
      lastProblem: bridge?.lastProblem ?? null,
      unreceived: bridge ? Math.max(0, bridge.headSequence - bridge.receivedThrough) : 0,
      journalSetAside: bridge?.setAside != null,
    },
    events: events.view(
      bridge,
      (sid, accountName) => users.find((user) => user.sid === sid)?.displayName ?? accountName,
    ),
  };
}

function userView(user: PcUser, { machine, clients, clockOffsetMs, bridge }: PcParts): UserView {
  const session = machine.sessions.find(({ sid }) => sid === user.sid);
  const client = session && clients.of(session.session);
  const place = session?.session === machine.console ? 'console' : 'background';
  const { sid, name, domain, displayName, password } = user;
  return {
    sid,
    name,
    domain,
    displayName,
    passwordHint: password,
    enforcement: bridge?.logon.enforcement[sid] ?? null,
    session: session ? place : null,
    locked: session?.locked ?? false,
    client: client ? { running: client.running, status: byPcClock(client.status, clockOffsetMs) } : null,
  };
}

/** The client's process reads this machine's clock; on a real PC it would read the PC's. */
function byPcClock(status: ClientView | null, clockOffsetMs: number): ClientView | null {
  const moved = (at: string | null) => at && new Date(Date.parse(at) + clockOffsetMs).toISOString();
  return (
    status && { ...status, offlineSince: moved(status.offlineSince), lastSentAt: moved(status.lastSentAt) }
  );
}
