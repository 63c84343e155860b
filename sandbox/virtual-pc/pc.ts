import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { v7 as uuidV7 } from 'uuid';
import { z } from 'zod';
import { eventId, type Sid } from '../../contract/ids.ts';
import type { Authenticate, PcUser } from './authenticate.ts';
import { durableFiles } from './bridge/durable-file.ts';
import type { BridgeDelays, BridgeState, PresentSession } from './bridge/hardware-messages.ts';
import { BridgeGone, BridgeProcess } from './bridge-process.ts';
import { Cable } from './cable.ts';
import type { ClientCommand } from './client-process.ts';
import { Clients } from './clients.ts';
import { EventLog } from './event-log.ts';
import {
  consoleSession,
  type Happening,
  lock,
  type Machine,
  POWERED_OFF,
  type Session,
  type Step,
  shutDown,
  signIn,
  signOut,
  sleep,
  startUp,
  switchUser,
  wake,
} from './machine.ts';
import type { Action, ActionResult, PcState } from './page-messages.ts';
import { viewOf } from './pc-view.ts';

export interface PcOptions {
  /** Directory for everything that survives a restart. */
  state: string;
  /** Origin of the server. */
  server: string;
  company: string;
  accessToken: string;
  /** The computer's name. */
  name: string;
  users: readonly PcUser[];
  timeZone: string;
  authenticate: Authenticate;
  clientCommand: ClientCommand;
  delays: BridgeDelays;
}

const STOP_GRACE_MS = 4_000;
/** How long Windows leaves an app of a session that has ended. */
const AFTER_SESSION_MS = 5;

const DONE: ActionResult = { done: true };
const NOT_NOW: ActionResult = { done: false, reason: 'not-now' };

const rememberedClock = z.object({ clockOffsetMs: z.number() });

/**
 * The PC itself: its power, its sessions, its clock and its network cable, with the bridge and the clients as processes of their
 * own. What people do to it comes in as actions, one after another; only what is done with the hands to cable and plug
 * does not wait its turn.
 */
export class Pc {
  readonly #options: PcOptions;
  readonly #cable: Cable;
  readonly #bridge: BridgeProcess;
  readonly #log: Awaited<ReturnType<typeof open>>;
  /** For sockets: a path of its own because sockets have little room for theirs. */
  readonly #runDirectory: string;
  readonly #clients: Clients;
  readonly #events = new EventLog();
  readonly #listeners = new Set<(state: PcState) => void>();
  #machine: Machine = POWERED_OFF;
  #bridgeState: BridgeState | null = null;
  #clockOffsetMs: number;
  #plugged = true;
  #turn: Promise<unknown> = Promise.resolve();
  #telling = false;

  private constructor(
    options: PcOptions,
    parts: {
      cable: Cable;
      log: Awaited<ReturnType<typeof open>>;
      runDirectory: string;
      clockOffsetMs: number;
    },
  ) {
    this.#options = options;
    this.#cable = parts.cable;
    this.#log = parts.log;
    this.#runDirectory = parts.runDirectory;
    this.#clockOffsetMs = parts.clockOffsetMs;
    const { server, company, accessToken, name, timeZone, delays } = options;
    this.#bridge = new BridgeProcess({
      config: {
        directory: path.join(options.state, 'bridge'),
        server,
        company,
        accessToken,
        name,
        timeZone,
        proxy: this.#cable.url,
        delays,
      },
      log: this.#log.fd,
      onRecorded: (event) => {
        this.#events.add(event);
        this.#changed();
      },
      onState: (state) => {
        this.#bridgeState = state;
        this.#changed();
      },
    });
    this.#clients = new Clients({
      directory: path.join(options.state, 'users'),
      command: options.clientCommand,
      proxyUrl: this.#cable.url,
      log: this.#log.fd,
      onChange: () => this.#changed(),
    });
  }

  /** Sets the PC up, switched off. */
  static async setUp(options: PcOptions): Promise<Pc> {
    await durableFiles.makeDirectory(options.state);
    const log = await open(path.join(options.state, 'processes.log'), 'a', 0o600);
    const cable = await Cable.lay(options.server);
    const runDirectory = await mkdtemp(path.join(tmpdir(), 'virtual-pc-'));
    const remembered = await durableFiles.read(clockFile(options));
    const clockOffsetMs = remembered
      ? rememberedClock.parse(JSON.parse(remembered.toString('utf8'))).clockOffsetMs
      : 0;
    return new Pc(options, { cable, log, runDirectory, clockOffsetMs });
  }

  get state(): PcState {
    return viewOf({
      options: this.#options,
      machine: this.#machine,
      clockOffsetMs: this.#clockOffsetMs,
      cablePlugged: this.#plugged,
      bridgeRunning: this.#bridge.running,
      bridge: this.#bridgeState,
      clients: this.#clients,
      events: this.#events,
    });
  }

  /** The answer ends it. */
  onChange(listener: (state: PcState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does what a person does. Resolves when it has taken effect and is recorded. */
  async do(action: Action): Promise<ActionResult> {
    if (action.type === 'pull-the-plug') return this.#pullThePlug();
    if (action.type === 'set-cable') return this.#setCable(action.plugged);
    const work = async () => {
      try {
        return await this.#inTurn(action);
      } catch (error) {
        // The plug was pulled meanwhile; what was under way ended with the power.
        if (error instanceof BridgeGone) return NOT_NOW;
        throw error;
      }
    };
    const turn = this.#turn.then(work, work);
    this.#turn = turn;
    return turn;
  }

  /** Shuts the PC down if it is on, and ends every process. */
  async close(): Promise<void> {
    if (this.#machine.power === 'asleep') await this.do({ type: 'wake' });
    await this.do({ type: 'shut-down' });
    await this.#pullThePlug();
    await this.#cable.close();
    await this.#log.close();
    await rm(this.#runDirectory, { recursive: true, force: true });
  }

  async #inTurn(action: Exclude<Action, { type: 'pull-the-plug' | 'set-cable' }>): Promise<ActionResult> {
    switch (action.type) {
      case 'sign-in':
        return this.#signIn(action);
      case 'rehearse':
        return NOT_NOW;
      case 'lock':
        return this.#take(lock(this.#machine));
      case 'sign-out':
        return this.#take(signOut(this.#machine));
      case 'switch-user':
        return this.#take(switchUser(this.#machine));
      case 'sleep':
        return this.#sleep();
      case 'wake':
        return this.#wake();
      case 'restart':
        return (await this.#shutDown('restart')).done ? this.#powerOn() : NOT_NOW;
      case 'shut-down':
        return this.#shutDown('shutdown');
      case 'power-on':
        return this.#powerOn();
      case 'move-clock':
        return this.#setClock(this.#clockOffsetMs + action.byMs);
      case 'set-clock-right':
        return this.#setClock(0);
      case 'kill-client':
        return this.#killClient();
      case 'start-client':
        return this.#startClient();
    }
  }

  async #signIn({ sid, credentials }: Extract<Action, { type: 'sign-in' }>): Promise<ActionResult> {
    const user = this.#options.users.find((one) => one.sid === sid);
    if (!user) return { done: false, reason: 'unknown-user' };
    const verdict = await this.#options.authenticate(user, credentials);
    if (!verdict.accepted) return { done: false, reason: verdict.reason };
    return this.#take(signIn(this.#machine, sid, verdict.method, crypto.randomUUID()));
  }

  /** Makes a step of the machine true: everything that happened is recorded, in order, and clients come and go with sessions. */
  async #take(step: Step | null): Promise<ActionResult> {
    if (!step) return NOT_NOW;
    this.#machine = step.machine;
    this.#changed();
    for (const happening of step.happenings) await this.#record(happening);
    this.#changed();
    return DONE;
  }

  async #record({ session, ...happening }: Happening): Promise<void> {
    const present = session && this.#present(session);
    await this.#bridge.signal({ ...happening, id: eventId.parse(uuidV7()), session: present });
    if (!session) return;
    if (happening.kind === 'logon') this.#runClient(session);
    if (happening.kind === 'logoff') {
      await new Promise((resolve) => setTimeout(resolve, AFTER_SESSION_MS));
      await this.#clients.end(session.session);
    }
  }

  async #powerOn(): Promise<ActionResult> {
    if (this.#machine.power !== 'off') return NOT_NOW;
    this.#machine = { ...POWERED_OFF, power: 'starting' };
    this.#carry();
    this.#changed();
    await this.#bridge.start(this.#clockOffsetMs);
    return this.#take(startUp(this.#machine));
  }

  async #shutDown(reason: 'shutdown' | 'restart'): Promise<ActionResult> {
    const taken = await this.#take(shutDown(this.#machine, reason));
    if (!taken.done) return taken;
    await this.#bridge.stop(STOP_GRACE_MS);
    // The plug was pulled meanwhile: the power is off already, and is not to come back by a restart.
    if (this.#machine.power !== 'stopping') return NOT_NOW;
    this.#machine = POWERED_OFF;
    this.#carry();
    this.#changed();
    return DONE;
  }

  async #sleep(): Promise<ActionResult> {
    const taken = await this.#take(sleep(this.#machine));
    this.#carry();
    return taken;
  }

  async #wake(): Promise<ActionResult> {
    const step = wake(this.#machine);
    if (!step) return NOT_NOW;
    this.#machine = step.machine;
    this.#carry();
    return this.#take(step);
  }

  async #pullThePlug(): Promise<ActionResult> {
    const wasOn = this.#machine.power !== 'off';
    this.#machine = POWERED_OFF;
    this.#carry();
    this.#changed();
    await Promise.all([this.#bridge.kill(), this.#clients.endAll()]);
    this.#changed();
    return wasOn ? DONE : NOT_NOW;
  }

  #setCable(plugged: boolean): ActionResult {
    this.#plugged = plugged;
    this.#carry();
    this.#changed();
    return DONE;
  }

  /** The network is there while the cable is plugged in and the PC is awake. */
  #carry(): void {
    const { power } = this.#machine;
    const carries = this.#plugged && power !== 'off' && power !== 'asleep';
    if (carries && !this.#cable.carries && this.#bridge.running) this.#bridge.networkUp();
    this.#cable.carries = carries;
  }

  async #setClock(offsetMs: number): Promise<ActionResult> {
    if (this.#machine.power !== 'on') return NOT_NOW;
    this.#clockOffsetMs = offsetMs;
    await durableFiles.replace(clockFile(this.#options), JSON.stringify({ clockOffsetMs: offsetMs }));
    this.#bridge.setClock(offsetMs);
    const moved: Happening = {
      kind: 'clock-change',
      session: null,
      initiator: 'user',
      reason: null,
      authMethod: null,
    };
    return this.#take({ machine: this.#machine, happenings: [moved] });
  }

  async #killClient(): Promise<ActionResult> {
    const client = this.#clients.of(this.#machine.console ?? '');
    if (!client?.running) return NOT_NOW;
    await client.kill();
    return DONE;
  }

  #startClient(): ActionResult {
    const session = consoleSession(this.#machine);
    if (!session || this.#clients.of(session.session)?.running) return NOT_NOW;
    this.#runClient(session);
    return DONE;
  }

  #runClient(session: Session): void {
    const { path: bridgePath } = this.#present(session);
    const isThere = () => this.#machine.sessions.some((one) => one.session === session.session);
    this.#clients.run({ session: session.session, sid: session.sid, bridgePath, isThere });
  }

  #present({ session, sid }: Session): PresentSession {
    const { domain, name } = this.#user(sid);
    return {
      session,
      account: { sid, domain, name },
      path: path.join(this.#runDirectory, `${session}.sock`),
    };
  }

  #user(sid: Sid): PcUser {
    const user = this.#options.users.find((one) => one.sid === sid);
    if (!user) throw new Error('A session belongs to nobody who may use this PC');
    return user;
  }

  /** Several changes in one step are told once. */
  #changed(): void {
    if (this.#telling) return;
    this.#telling = true;
    setImmediate(() => {
      this.#telling = false;
      const state = this.state;
      for (const listener of this.#listeners) listener(state);
    });
  }
}

const clockFile = ({ state }: PcOptions): string => path.join(state, 'clock.json');
