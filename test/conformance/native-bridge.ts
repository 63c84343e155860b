/** The C++ bridge as a process, told by a test what happens on its PC. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Account, type Sid, sid } from '../../contract/ids.ts';
import { nativeProgram } from '../bridge/native-build.ts';
import type { BridgeSetup } from './bridge-protocol.ts';

const recordedAnswer = z.object({ headSequence: z.number() });
const rehearsalsAnswer = z.object({ opened: z.array(sid) });

/**
 * The program built for tests, or null when no build is to be tested. The Windows one speaks over named pipes, which Node on Linux
 * cannot open: its conversations are held in Windows Node (test/windows).
 */
export function nativeBridgeProgram(): string | null {
  const program = nativeProgram('bridge_under_test');
  return program && !program.underWine ? program.command : null;
}

export interface NativeSession {
  id: number;
  account: Account;
  /** Socket of this session's clients; it stands for the account. */
  pipe: string;
}

export interface NativeBridgeOptions {
  program: string;
  folder: string;
  setup: BridgeSetup;
  sessions: readonly NativeSession[];
  bootId: string;
  /** Whether it reports by itself; else only when a client says `sync`. */
  reportsBySelf?: boolean;
}

export class NativeBridge {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: PromiseWithResolvers<unknown>[] = [];
  readonly #exited: Promise<number | null>;

  private constructor(program: string) {
    this.#child = spawn(program, [], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#waiting.shift()?.resolve(JSON.parse(line));
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        for (const { reject } of this.#waiting.splice(0)) reject(new Error(`the bridge ended: ${said}`));
        resolve(code);
      });
    });
    this.#child.stdin.on('error', () => undefined);
  }

  static async start(options: NativeBridgeOptions): Promise<NativeBridge> {
    const { setup, program, ...more } = options;
    const bridge = new NativeBridge(program);
    await bridge.tell({ do: 'start', ...more, settings: { ...setup, name: 'PC-01', auth: true } });
    return bridge;
  }

  /** Tells what happened; resolves when it is recorded. Rejects when the process ends before. */
  tell(command: object): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.push(answer);
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    return answer.promise;
  }

  /** @returns how far the journal reaches then. */
  async session(change: string, session: NativeSession, more: object = {}): Promise<number> {
    const answer = await this.tell({ do: 'session', change, ...session, ...more });
    return recordedAnswer.parse(answer).headSequence;
  }

  /** For whom rehearsals were opened, in their order. */
  async rehearsals(): Promise<Sid[]> {
    return rehearsalsAnswer.parse(await this.tell({ do: 'rehearsals' })).opened;
  }

  /** The rehearsal of a session ends as when its user closes the window. */
  async closeRehearsal(session: NativeSession): Promise<void> {
    await this.tell({ do: 'close-rehearsal', id: session.id });
  }

  /** Ends it in order. @returns the exit code, so that a sanitizer's word is heard. */
  async stop(): Promise<number | null> {
    await this.tell({ do: 'stop', graceMs: 0 });
    return this.#exited;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
