import {
  createHash,
  createHmac,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { v7 } from 'uuid';
import { type PublicKey, publicKey, thumbprintInput } from '../contract/device.ts';
import {
  derivedKeyInfo,
  GENESIS_MAC,
  macInput,
  receiptInput,
  type SealedEvent,
  type ServerReceipt,
} from '../contract/event.ts';
import {
  type Account,
  account,
  type DeviceId,
  deviceId,
  type JournalId,
  journalId,
} from '../contract/ids.ts';
import { type SignedStatement, statementInput } from '../contract/statement.ts';

/** A device with real keys, as both its bridge and its server know it. */
export interface TestDevice {
  id: DeviceId;
  publicKey: PublicKey;
  privateKey: KeyObject;
  secret: Buffer;
}

export function createDevice(): TestDevice {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.parse(pair.publicKey.export({ format: 'jwk' }));
  const id = createHash('sha256').update(thumbprintInput(jwk)).digest('base64url');
  return { id: deviceId.parse(id), publicKey: jwk, privateKey: pair.privateKey, secret: randomBytes(32) };
}

export const testAccount: Account = account.parse({
  sid: 'S-1-5-21-1004336348-1177238915-682003330-1001',
  domain: 'SHOWA',
  name: 'hanako',
});

export const newJournalId = (): JournalId => journalId.parse(randomUUID());

const hmac = (device: TestDevice, info: string, input: string): string =>
  createHmac('sha256', Buffer.from(hkdfSync('sha256', device.secret, '', info, 32)))
    .update(input)
    .digest('base64url');

export const recordMac = (device: TestDevice, journal: JournalId, previousMac: string, record: string) =>
  hmac(device, derivedKeyInfo.journal(journal), macInput(previousMac, record));

export function makeReceipt(device: TestDevice, journal: JournalId, throughSequence: number): ServerReceipt {
  const receipt = { device: device.id, journal, throughSequence };
  return { ...receipt, mac: hmac(device, derivedKeyInfo.receipt(), receiptInput(receipt)) };
}

export function signStatement(device: TestDevice, content: object): SignedStatement {
  const statement = JSON.stringify(content);
  const signature = sign('sha256', Buffer.from(statementInput(statement)), {
    key: device.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return { statement, signature: signature.toString('base64url') };
}

export const statementHolds = (device: TestDevice, { statement, signature }: SignedStatement): boolean =>
  verify(
    'sha256',
    Buffer.from(statementInput(statement)),
    { key: { ...device.publicKey }, format: 'jwk', dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );

/** One journal of a device, written as a bridge would. */
export interface TestJournal {
  id: JournalId;
  records: SealedEvent[];
}

export const createJournal = (): TestJournal => ({ id: newJournalId(), records: [] });

/** Appends an event a minute after the last. */
export function record(
  device: TestDevice,
  journal: TestJournal,
  kind = 'unlock',
  extra: object = {},
): SealedEvent {
  const sequence = journal.records.length + 1;
  const text = JSON.stringify({
    id: v7(),
    device: device.id,
    journal: journal.id,
    sequence,
    kind,
    occurredAt: new Date(Date.UTC(2026, 7, 3, 0, sequence)).toISOString(),
    timeZone: 'Asia/Tokyo',
    account: testAccount,
    session: 'session-1',
    initiator: 'user',
    reason: null,
    authMethod: 'otp+password',
    source: 'bridge',
    clock: { bootId: '5b0e2b52-4a4f-4c37-8f0e-0f6d7b1f7a10', uptimeMs: sequence * 60_000 },
    ...extra,
  });
  const previousMac = journal.records.at(-1)?.mac ?? GENESIS_MAC;
  const sealed = { record: text, previousMac, mac: recordMac(device, journal.id, previousMac, text) };
  journal.records.push(sealed);
  return sealed;
}

export const idOf = (event: SealedEvent): string => (JSON.parse(event.record) as { id: string }).id;
