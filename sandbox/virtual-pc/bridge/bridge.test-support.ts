/** A bridge whose time, chance and waiting a test holds in its hands; its files, sockets and server are real. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent } from 'undici';
import { v7 as uuidV7 } from 'uuid';
import { type Account, eventId, sid } from '../../../contract/ids.ts';
import { CoreUnavailable } from '../../../native/addon/types.ts';
import type { BridgeOptions } from './bridge.ts';
import { durableFiles } from './durable-file.ts';
import type { PresentSession, Signal } from './hardware-messages.ts';
import type { Timers } from './timers.ts';

export const NEVER_MS = 1e12;

export const TARO: Account = { sid: sid.parse('S-1-5-21-1-2-3-1001'), domain: 'PC-01', name: 'taro' };
export const HANAKO: Account = { sid: sid.parse('S-1-5-21-1-2-3-1002'), domain: 'PC-01', name: 'hanako' };

/** A directory of its own, and the way to be rid of it. */
export async function temporaryDirectory(): Promise<{ directory: string; remove: () => Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'systemlog-'));
  return { directory, remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Time that passes only when told to. */
export class HeldTime implements Timers {
  #waiting: { atMs: number; callback: () => void }[] = [];
  monotonicMs = 0;
  wallMs = Date.parse('2026-06-01T00:00:00Z');

  after(delayMs: number, callback: () => void): () => void {
    const entry = { atMs: this.monotonicMs + delayMs, callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  /** How many callbacks are still to come. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Lets `ms` pass and everything due happen, in order. */
  pass(ms: number): void {
    const untilMs = this.monotonicMs + ms;
    for (;;) {
      const next = this.#waiting.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#moveTo(next.atMs);
      next.callback();
    }
    this.#moveTo(untilMs);
  }

  #moveTo(monotonicMs: number): void {
    this.wallMs += monotonicMs - this.monotonicMs;
    this.monotonicMs = monotonicMs;
  }
}

/** Options of a bridge that does nothing by itself. */
export function bridgeOptions(directory: string, server: string, time: HeldTime): BridgeOptions {
  return {
    config: {
      directory,
      server,
      company: 'abc123',
      accessToken: 'A'.repeat(32),
      name: 'PC-01',
      timeZone: 'Asia/Tokyo',
      proxy: 'http://127.0.0.1:9',
      accounts: [TARO, HANAKO],
      delays: {
        machineMs: 2_000,
        sessionEndMs: 1_000,
        overdueMs: 180_000,
        anchorMs: NEVER_MS,
        logonMs: NEVER_MS,
        retryFirstMs: 2_000,
        retryLongestMs: 300_000,
        heartbeatMs: 5_000,
      },
    },
    offsetMs: 0,
    sessions: [],
    files: durableFiles,
    sources: {
      realNowMs: () => time.wallMs,
      monotonicMs: () => time.monotonicMs,
      randomUuid: () => crypto.randomUUID(),
    },
    newEventId: uuidV7,
    timers: time,
    random: () => 0,
    dispatcher: new Agent(),
    loadCore: async () => {
      throw new CoreUnavailable('None for this test');
    },
    onRecorded: () => undefined,
    onState: () => undefined,
    onFailure: (error) => {
      throw error;
    },
  };
}

/** A session's place in a directory; its number tells sessions of one account apart. */
export const sessionOf = (directory: string, account: Account, number = 1): PresentSession => ({
  session: `${account.name}-${number}`,
  account,
  path: path.join(directory, `${account.name}-${number}.sock`),
});

export const signalOf = (kind: string, session: PresentSession | null): Signal => ({
  id: eventId.parse(uuidV7()),
  kind,
  session,
  initiator: 'user',
  reason: null,
  authMethod: kind === 'logon' || kind === 'unlock' ? 'password' : null,
});
