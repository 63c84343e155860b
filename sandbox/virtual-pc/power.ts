import type { BridgeProcess } from './bridge-process.ts';
import type { Cable } from './cable.ts';
import type { Clients } from './clients.ts';
import { DONE, type LiveMachine, NOT_NOW } from './live-machine.ts';
import { POWERED_OFF, shutDown, sleep, startUp, wake } from './machine.ts';
import type { ActionResult } from './page-messages.ts';

export interface PowerOptions {
  machine: LiveMachine;
  bridge: BridgeProcess;
  clients: Clients;
  cable: Cable;
  clockOffsetMs: () => number;
  onChange: () => void;
}

const STOP_GRACE_MS = 4_000;

/** Power and network of the PC: what runs and what is connected, and in which order it comes and goes. */
export class Power {
  readonly #options: PowerOptions;
  #plugged = true;

  constructor(options: PowerOptions) {
    this.#options = options;
  }

  /** Whether the network cable is plugged in. */
  get cablePlugged(): boolean {
    return this.#plugged;
  }

  async on(): Promise<ActionResult> {
    const { machine, bridge, clockOffsetMs } = this.#options;
    if (machine.now.power !== 'off') return NOT_NOW;
    machine.become({ ...POWERED_OFF, power: 'starting' });
    this.#carry();
    await bridge.start(clockOffsetMs());
    return machine.take(startUp(machine.now));
  }

  async restart(): Promise<ActionResult> {
    return (await this.shutDown('restart')).done ? this.on() : NOT_NOW;
  }

  async shutDown(reason: 'shutdown' | 'restart'): Promise<ActionResult> {
    const { machine, bridge } = this.#options;
    const taken = await machine.take(shutDown(machine.now, reason));
    if (!taken.done) return taken;
    await bridge.stop(STOP_GRACE_MS);
    // The plug was pulled meanwhile: the power is off already, and is not to come back by a restart.
    if (machine.now.power !== 'stopping') return NOT_NOW;
    machine.become(POWERED_OFF);
    this.#carry();
    return DONE;
  }

  async sleep(): Promise<ActionResult> {
    const { machine } = this.#options;
    const taken = await machine.take(sleep(machine.now));
    this.#carry();
    return taken;
  }

  async wake(): Promise<ActionResult> {
    const { machine } = this.#options;
    const step = wake(machine.now);
    if (!step) return NOT_NOW;
    machine.become(step.machine);
    this.#carry();
    return machine.take(step);
  }

  async pullThePlug(): Promise<ActionResult> {
    const { machine, bridge, clients, onChange } = this.#options;
    const wasOn = machine.now.power !== 'off';
    machine.become(POWERED_OFF);
    this.#carry();
    await Promise.all([bridge.kill(), clients.endAll()]);
    onChange();
    return wasOn ? DONE : NOT_NOW;
  }

  setCable(plugged: boolean): ActionResult {
    this.#plugged = plugged;
    this.#carry();
    this.#options.onChange();
    return DONE;
  }

  /** The network is there while the cable is plugged in and the PC is awake. */
  #carry(): void {
    const { machine, bridge, cable } = this.#options;
    const { power } = machine.now;
    const carries = this.#plugged && power !== 'off' && power !== 'asleep';
    if (carries && !cable.carries && bridge.running) bridge.networkUp();
    cable.carries = carries;
  }
}
