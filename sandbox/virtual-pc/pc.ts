import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sid } from '../../contract/ids.ts';
import { durableFiles } from './bridge/durable-file.ts';
import type { BridgeDelays, BridgeState } from './bridge/hardware-messages.ts';
import { RulesFile } from './bridge/logon/rules-file.ts';
import { BridgeGone, BridgeProcess } from './bridge-process.ts';
import { Cable } from './cable.ts';
import { type ClientCommand, NO_CLIENT } from './client-process.ts';
import { Clients } from './clients.ts';
import { ClockBattery } from './clock-battery.ts';
import { EventLog } from './event-log.ts';
import { DONE, LiveMachine, NOT_NOW } from './live-machine.ts';
import { LogonUi } from './logon-ui.ts';
import { consoleSession, lock, signIn, signOut, switchUser } from './machine.ts';
import type { Action, ActionResult, PcState } from './page-messages.ts';
import { viewOf } from './pc-view.ts';
import { Power } from './power.ts';
import { SignInTries } from './sign-in-tries.ts';
import type { ClientCommandRequest, ClientReply, Credentials, Tile } from './tile-messages.ts';
import { type PcUser, WindowsAccounts } from './windows-accounts.ts';

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
  clientCommand: ClientCommand;
  delays: BridgeDelays;
  /** How long a tile waits for a bridge that does not answer. */
  bridgePatienceMs: number;
}

const BRIDGE_FOLDER = 'bridge';

/** What the PC is made of, besides its own state. */
interface Parts {
  log: Awaited<ReturnType<typeof open>>;
  cable: Cable;
  /** For sockets: a path of its own because sockets have little room for theirs. */
  runDirectory: string;
  clock: ClockBattery;
}

/**
 * The PC itself: its power, its sessions, its clock and its network cable, with the bridge and the clients as processes of their
 * own. What people do to it comes in as actions, one after another; only what is done with the hands to cable and plug
 * does not wait its turn.
 */
export class Pc {
  readonly #options: PcOptions;
  readonly #parts: Parts;
  readonly #accounts: WindowsAccounts;
  readonly #bridge: BridgeProcess;
  readonly #clients: Clients;
  readonly #machine: LiveMachine;
  readonly #power: Power;
  readonly #logonUi: LogonUi;
  readonly #tries: SignInTries;
  readonly #events = new EventLog();
  readonly #listeners = new Set<(state: PcState) => void>();
  #bridgeState: BridgeState | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #telling = false;

  private constructor(options: PcOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    const { server, company, accessToken, name, timeZone, delays, users } = options;
    const { cable, clock, runDirectory } = parts;
    const { fd: log } = parts.log;
    const onChange = () => this.#changed();
    this.#accounts = new WindowsAccounts(users);
    this.#tries = new SignInTries(this.#accounts, Date.now);
    this.#bridge = new BridgeProcess({
      config: {
        directory: path.join(options.state, BRIDGE_FOLDER),
        server,
        company,
        accessToken,
        name,
        timeZone,
        proxy: cable.url,
        accounts: users.map((user) => ({ sid: user.sid, domain: user.domain, name: user.name })),
        delays,
      },
      log,
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
      proxyUrl: cable.url,
      log,
      onChange,
    });
    this.#machine = new LiveMachine({
      bridge: this.#bridge,
      clients: this.#clients,
      accounts: this.#accounts,
      runDirectory,
      onScreenLeft: () => this.#tries.screenLeft(),
      onChange,
    });
    this.#power = new Power({
      machine: this.#machine,
      bridge: this.#bridge,
      clients: this.#clients,
      cable,
      clockOffsetMs: () => clock.offsetMs,
      onChange,
    });
    const rules = new RulesFile(path.join(options.state, BRIDGE_FOLDER), durableFiles);
    this.#logonUi = new LogonUi({
      pipe: this.#bridge,
      accounts: this.#accounts,
      rules: () => rules.read(),
      patienceMs: options.bridgePatienceMs,
    });
  }

  /** Sets the PC up, switched off. */
  static async setUp(options: PcOptions): Promise<Pc> {
    const clock = await ClockBattery.open(options.state);
    const log = await open(path.join(options.state, 'processes.log'), 'a', 0o600);
    const cable = await Cable.lay(options.server);
    const runDirectory = await mkdtemp(path.join(tmpdir(), 'virtual-pc-'));
    return new Pc(options, { log, cable, runDirectory, clock });
  }

  get state(): PcState {
    return viewOf({
      options: this.#options,
      machine: this.#machine.now,
      clockOffsetMs: this.#parts.clock.offsetMs,
      cablePlugged: this.#power.cablePlugged,
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

  /** What a user's tile asks now; null when there is no such tile on the screen. */
  async tile(sid: Sid, rehearsal: boolean): Promise<Tile | null> {
    const asked = this.#tries.describe(this.#machine.now, sid, rehearsal);
    return asked && this.#logonUi.tile(asked);
  }

  /** A challenge for a user's emergency answer; null when there is nobody to give one. */
  async emergencyChallenge(sid: Sid): Promise<string | null> {
    return this.#accounts.of(sid) && this.#logonUi.emergencyChallenge(sid);
  }

  /** Has the client of the session on the monitor do something; `no-client` while nobody could ask it. */
  async askClient(command: ClientCommandRequest): Promise<ClientReply> {
    const session = consoleSession(this.#machine.now);
    return session && !session.locked ? this.#clients.request(session.session, command) : NO_CLIENT;
  }

  /** Does what a person does. Resolves when it has taken effect and is recorded. */
  async do(action: Action): Promise<ActionResult> {
    if (action.type === 'pull-the-plug') return this.#power.pullThePlug();
    if (action.type === 'set-cable') return this.#power.setCable(action.plugged);
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

  /** The bridge dies by a fault of its own; resolves when Windows has it running again. For tests. */
  crashBridge(): Promise<void> {
    return this.#bridge.killService();
  }

  /** Shuts the PC down if it is on, and ends every process. */
  async close(): Promise<void> {
    const { cable, log, runDirectory } = this.#parts;
    if (this.#machine.now.power === 'asleep') await this.do({ type: 'wake' });
    await this.do({ type: 'shut-down' });
    await this.#power.pullThePlug();
    await cable.close();
    await log.close();
    await rm(runDirectory, { recursive: true, force: true });
  }

  async #inTurn(action: Exclude<Action, { type: 'pull-the-plug' | 'set-cable' }>): Promise<ActionResult> {
    const machine = this.#machine;
    switch (action.type) {
      case 'sign-in':
        return this.#signIn(action.sid, action.credentials);
      case 'rehearse':
        return this.#rehearse(action.credentials);
      case 'lock':
        return machine.take(lock(machine.now));
      case 'sign-out':
        return machine.take(signOut(machine.now));
      case 'switch-user':
        return machine.take(switchUser(machine.now));
      case 'sleep':
        return this.#power.sleep();
      case 'wake':
        return this.#power.wake();
      case 'restart':
        return this.#power.restart();
      case 'shut-down':
        return this.#power.shutDown('shutdown');
      case 'power-on':
        return this.#power.on();
      case 'move-clock':
        return this.#setClock(this.#parts.clock.offsetMs + action.byMs);
      case 'set-clock-right':
        return this.#setClock(0);
      case 'kill-client':
        return this.#killClient();
      case 'start-client':
        return machine.startClient();
    }
  }

  async #signIn(sid: Sid, credentials: Credentials): Promise<ActionResult> {
    if (!this.#accounts.of(sid)) return { done: false, reason: 'unknown-user' };
    const asked = this.#tries.describe(this.#machine.now, sid, false);
    if (!asked) return NOT_NOW;
    const proof = await this.#logonUi.prove(asked, credentials);
    if (!proof.proven) return { done: false, ...proof.refusal };
    const { method: authMethod, reason } = proof;
    const { now } = this.#machine;
    return this.#machine.take(signIn(now, sid, { authMethod, reason }, crypto.randomUUID()));
  }

  async #rehearse(credentials: Credentials): Promise<ActionResult> {
    const { now } = this.#machine;
    const session = consoleSession(now);
    const asked = session && this.#tries.describe(now, session.sid, true);
    if (!asked) return NOT_NOW;
    const proof = await this.#logonUi.prove(asked, credentials);
    return proof.proven ? DONE : { done: false, ...proof.refusal };
  }

  async #setClock(offsetMs: number): Promise<ActionResult> {
    if (this.#machine.now.power !== 'on') return NOT_NOW;
    await this.#parts.clock.set(offsetMs);
    this.#bridge.setClock(offsetMs);
    const moved = {
      kind: 'clock-change',
      session: null,
      initiator: 'user',
      reason: null,
      authMethod: null,
    } as const;
    return this.#machine.take({ machine: this.#machine.now, happenings: [moved] });
  }

  async #killClient(): Promise<ActionResult> {
    const client = this.#clients.of(this.#machine.now.console ?? '');
    if (!client?.running) return NOT_NOW;
    await client.kill();
    return DONE;
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
