import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import {
  derivedKeyInfo,
  macInput,
  receiptInput,
  type SealedEvent,
  type ServerReceipt,
} from '../../../contract/event.ts';

const KEY_BYTES = 32;

const derive = (deviceSecret: Uint8Array, info: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', deviceSecret, new Uint8Array(), info, KEY_BYTES));

const hmac = (key: Uint8Array, text: string): string =>
  createHmac('sha256', key).update(text, 'utf8').digest('base64url');

const equal = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** The key that MACs the records of one journal (contract/event.ts, `derivedKeyInfo`). */
export const journalKey = (deviceSecret: Uint8Array, journal: string): Uint8Array =>
  derive(deviceSecret, derivedKeyInfo.journal(journal));

/** The key that MACs the server's receipts for one device. */
export const receiptKey = (deviceSecret: Uint8Array): Uint8Array =>
  derive(deviceSecret, derivedKeyInfo.receipt());

/** Puts a record at the end of the chain that `previousMac` stands for. */
export const seal = (key: Uint8Array, previousMac: string, record: string): SealedEvent => ({
  record,
  previousMac,
  mac: hmac(key, macInput(previousMac, record)),
});

export const sealHolds = (key: Uint8Array, { record, previousMac, mac }: SealedEvent): boolean =>
  equal(mac, hmac(key, macInput(previousMac, record)));

/** MAC of a receipt; the server makes it, the bridge compares. */
export const receiptMac = (
  key: Uint8Array,
  receipt: Pick<ServerReceipt, 'device' | 'journal' | 'throughSequence'>,
): string => hmac(key, receiptInput(receipt));

export const receiptHolds = (key: Uint8Array, receipt: ServerReceipt): boolean =>
  equal(receipt.mac, receiptMac(key, receipt));
