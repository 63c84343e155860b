import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidV7 } from 'uuid';
import { eventId } from '../../contract/ids.ts';
import type { PresentSession } from './bridge/hardware-messages.ts';
import type { BridgeProcess } from './bridge-process.ts';
import type { Clients } from './clients.ts';
import {
  consoleSession,
  type Happening,
  type Machine,
  POWERED_OFF,
  type Session,
  type Step,
} from './machine.ts';
import type { ActionResult } from './page-messages.ts';
import type { WindowsAccounts } from './windows-accounts.ts';

export const DONE: ActionResult = { done: true };
export const NOT_NOW: ActionResult = { done: false, reason: 'not-now' };

export interface LiveMachineOptions {
  bridge: BridgeProcess;
  clients: Clients;
  accounts: WindowsAccounts;
  /** For the sockets between bridge and clients. */
  runDirectory: string;
  /** Something else is on the screen than before. */
  onScreenLeft: () => void;
  onChange: () => void;
}

/** How long Windows leaves an app of a session that has ended. */
const AFTER_SESSION_MS = 5;
/** Windows tells a service and goes on; one that is being restarted is told later, in the same order. */
const RECORDING_PATIENCE_MS = 5_000;

/** The machine with what hangs on it: what happens is told to the bridge, and clients come and go with their sessions. */
export class LiveMachine {
  readonly #options: LiveMachineOptions;
  #now: Machine = POWERED_OFF;

  constructor(options: LiveMachineOptions) {
    this.#options = options;
  }

  get now(): Machine {
    return this.#now;
  }

  /** Becomes another machine by nothing that Windows would tell of. */
  become(machine: Machine): void {
    if (machine !== this.#now) this.#options.onScreenLeft();
    this.#now = machine;
    this.#options.onChange();
  }

  /** Makes a step true: everything that happened is recorded, in order. */
  async take(step: Step | null): Promise<ActionResult> {
    if (!step) return NOT_NOW;
    this.become(step.machine);
    for (const happening of step.happenings) await this.#record(happening);
    this.#options.onChange();
    return DONE;
  }

  /** Starts the client of the session on the monitor again, as its user would. */
  startClient(): ActionResult {
    const session = consoleSession(this.#now);
    if (!session || this.#options.clients.of(session.session)?.running) return NOT_NOW;
    this.#runClient(session);
    return DONE;
  }

  async #record({ session, ...happening }: Happening): Promise<void> {
    const { bridge, clients } = this.#options;
    const present = session && this.#present(session);
    const recorded = bridge.signal({ ...happening, id: eventId.parse(uuidV7()), session: present });
    // Waited for no longer, it is still told; and when the power goes there is nobody to be told that it was not.
    recorded.catch(() => undefined);
    await Promise.race([recorded, delay(RECORDING_PATIENCE_MS, undefined, { ref: false })]);
    if (!session) return;
    if (happening.kind === 'logon') this.#runClient(session);
    if (happening.kind === 'logoff') {
      await delay(AFTER_SESSION_MS);
      await clients.end(session.session);
    }
  }

  #runClient(session: Session): void {
    const { path: bridgePath } = this.#present(session);
    const isThere = () => this.#now.sessions.some((one) => one.session === session.session);
    this.#options.clients.run({ session: session.session, sid: session.sid, bridgePath, isThere });
  }

  #present({ session, sid }: Session): PresentSession {
    const user = this.#options.accounts.of(sid);
    if (!user) throw new Error('A session belongs to nobody who may use this PC');
    const { domain, name } = user;
    return {
      session,
      account: { sid, domain, name },
      path: path.join(this.#options.runDirectory, `${session}.sock`),
    };
  }
}
