/**
 * Devices with real secrets and journals, for tests: their records are chained and MACed by the words of the contract, not by
 * the server's own code.
 */
import { createHmac, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { DeviceRole } from '../../contract/device.ts';
import {
  derivedKeyInfo,
  GENESIS_MAC,
  macInput,
  receiptInput,
  type SealedEvent,
  type ServerReceipt,
} from '../../contract/event.ts';
import { anchorStatement } from '../../contract/statement.ts';
import { createSecrets, type Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/schema.ts';
import type { AnsweredAnchor, Reporter } from './types.ts';

const HOUR_MS = 3_600_000;

export const aSid = 'S-1-5-21-1-2-3-1001';
export const anotherSid = 'S-1-5-21-1-2-3-1002';

/** What a test says of an event; the rest is ordinary. */
export interface EventWords {
  kind?: string;
  /** The PC's wall clock, and true time unless the device's clock is wrong. */
  at: number | string;
  sid?: string | null;
  session?: string | null;
  initiator?: 'user' | 'system';
  source?: string;
  id?: string;
  /** Milliseconds into the clock run; by default the run began with the journal and its clock is right. */
  uptimeMs?: number;
  bootId?: string;
}

/** A journal that grows by `record`. */
export class TestJournal {
  readonly id: string = randomUUID();
  readonly device: TestDevice;
  bootId: string = randomUUID();
  /** True time at which the clock run began. */
  runBeganAtMs: number;
  head = { sequence: 0, mac: GENESIS_MAC };

  constructor(device: TestDevice, runBeganAtMs: number) {
    this.device = device;
    this.runBeganAtMs = runBeganAtMs;
  }

  /** Begins a clock run, as a boot does. */
  boot(atMs: number | string): void {
    this.bootId = randomUUID();
    this.runBeganAtMs = toMs(atMs);
  }

  /** Appends a record and returns it as it travels. */
  record(words: EventWords): SealedEvent {
    const sealed = this.seal(this.head.sequence + 1, this.head.mac, words);
    this.head = { sequence: this.head.sequence + 1, mac: sealed.mac };
    return sealed;
  }

  /** A record under the device's real key, wherever in the chain. */
  seal(sequence: number, previousMac: string, words: EventWords): SealedEvent {
    const sid = words.sid === undefined ? aSid : words.sid;
    const record = JSON.stringify({
      id: words.id ?? uuidv7(),
      device: this.device.id,
      journal: this.id,
      sequence,
      kind: words.kind ?? 'unlock',
      occurredAt: new Date(words.at).toISOString(),
      timeZone: 'Asia/Tokyo',
      account: sid === null ? null : { sid, domain: 'OFFICE', name: `user-${sid.slice(-4)}` },
      session: words.session === undefined ? (sid === null ? null : `s-${sid}`) : words.session,
      initiator: words.initiator ?? 'user',
      reason: null,
      authMethod: null,
      source: words.source ?? 'bridge',
      clock: {
        bootId: words.bootId ?? this.bootId,
        uptimeMs: words.uptimeMs ?? toMs(words.at) - this.runBeganAtMs,
      },
    });
    return this.sealText(previousMac, record);
  }

  /** Any text under the journal's real key. */
  sealText(previousMac: string, record: string): SealedEvent {
    const key = derivedKey(this.device.secret, derivedKeyInfo.journal(this.id));
    return { record, previousMac, mac: hmac(key, macInput(previousMac, record)) };
  }

  /** The device's word on where its clock run and this journal stand, given at a true time. */
  anchor(
    at: number | string,
    { tookMs = 100, head = this.head, uptimeMs = toMs(at) - this.runBeganAtMs } = {},
  ): AnsweredAnchor {
    const statement = anchorStatement.parse({
      purpose: 'anchor',
      server: 'https://systemlog.example',
      device: this.device.id,
      nonce: randomUUID(),
      clock: { bootId: this.bootId, uptimeMs },
      journal: { id: this.id, headSequence: head.sequence, headMac: head.mac },
    });
    return { statement, issuedAtMs: toMs(at) - tookMs / 2, answeredAtMs: toMs(at) + tookMs / 2 };
  }
}

/** A registered device. */
export class TestDevice {
  readonly id = randomBytes(32).toString('base64url');
  readonly secret: Uint8Array = randomBytes(32);
  readonly company: string;
  readonly role: DeviceRole;

  constructor(company: string, role: DeviceRole) {
    this.company = company;
    this.role = role;
  }

  journal(runBeganAt: number | string): TestJournal {
    return new TestJournal(this, toMs(runBeganAt));
  }

  /** The device itself, by its signature. */
  itself(): Reporter {
    return {
      company: this.company,
      device: this.id,
      role: this.role,
      way: 'device',
      sid: null,
      ip: '192.0.2.1',
      clientVersion: '1.0.0',
    };
  }

  /** The client of one account on it. */
  client(sid: string = aSid): Reporter {
    return { ...this.itself(), way: 'client', sid };
  }

  /** Whether the device itself would accept this receipt. */
  acceptsReceipt(receipt: ServerReceipt): boolean {
    return receipt.mac === hmac(derivedKey(this.secret, derivedKeyInfo.receipt()), receiptInput(receipt));
  }
}

/** Seals under a master key of its own. */
export const testSecrets = (): Secrets => createSecrets([{ id: 'test', key: randomBytes(32) }]);

/** A new device, registered with a company. */
export async function registerDevice(
  store: Kysely<Database>,
  secrets: Secrets,
  registered: { company: string; at: number | string; role?: DeviceRole },
): Promise<TestDevice> {
  const device = new TestDevice(registered.company, registered.role ?? 'client');
  await putDevice(store, secrets, device, registered.at);
  return device;
}

/** Registers a device in one more store. */
export async function putDevice(
  store: Kysely<Database>,
  secrets: Secrets,
  device: TestDevice,
  at: number | string,
): Promise<void> {
  await store
    .insertInto('devices')
    .values({
      company: device.company,
      id: device.id,
      name: 'PC-1',
      role: device.role,
      public_key: '{}',
      sealed_secret: secrets.seal(device.secret, `device-secret/${device.id}`),
      access_token: 'token',
      client_version: '1.0.0',
      registered_at: toMs(at),
      retired_at: null,
      last_seen_at: toMs(at),
    })
    .execute();
}

/** Adds an employee and links accounts of devices to them. */
export async function addEmployee(
  store: Kysely<Database>,
  employee: {
    company: string;
    id: string;
    accounts?: { device: TestDevice; sid?: string }[];
    source?: string;
  },
): Promise<void> {
  const { company, id } = employee;
  await store
    .insertInto('employees')
    .values({
      company,
      id,
      code: `code-${id}`,
      last_name: '山田',
      first_name: '花子',
      division_code: null,
      group_id: null,
      source: employee.source ?? 'client',
      hired_on: null,
      removed_at: null,
    })
    .execute();
  for (const { device, sid = aSid } of employee.accounts ?? []) {
    const link = { company, device: device.id, sid, employee: id, linked_at: 0 };
    await store.insertInto('links').values(link).execute();
  }
}

/** An event as a collector read it from a file. */
export function collected(words: {
  at: string;
  serviceAccount: string;
  source?: string;
  kind?: string;
  id?: string;
}) {
  return {
    event: {
      id: words.id ?? uuidv7(),
      kind: words.kind ?? 'logon',
      occurredAt: new Date(words.at).toISOString(),
      timeZone: 'Asia/Tokyo',
      initiator: 'user',
      reason: null,
      source: words.source ?? 'smarton',
      serviceAccount: words.serviceAccount,
      computer: 'PC-9',
      origin: { file: 'log.csv', line: 1 },
    },
  };
}

/** An instant of a day in Tokyo: `tokyo('2026-06-01', '09:00')`. */
export function tokyo(date: string, time: string): number {
  return Date.parse(`${date}T${time}:00.000Z`) - 9 * HOUR_MS;
}

function toMs(at: number | string): number {
  return typeof at === 'number' ? at : Date.parse(at);
}

function derivedKey(secret: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), info, 32));
}

function hmac(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
