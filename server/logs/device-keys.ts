import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import {
  derivedKeyInfo,
  macInput,
  receiptInput,
  type SealedEvent,
  type ServerReceipt,
} from '../../contract/event.ts';

const KEY_BYTES = 32;

/** What one device's secret lets the server check and say. The keys are derived as `derivedKeyInfo` lays down. */
export interface DeviceKeys {
  /** Whether a record bears the MAC of its journal. In constant time, and for the MAC's one canonical spelling only. */
  sealHolds(journal: string, sealed: SealedEvent): boolean;
  /** Signs a receipt with the device's receipt key. */
  receipt(receipt: Pick<ServerReceipt, 'device' | 'journal' | 'throughSequence'>): ServerReceipt;
}

/** @param secret the 32 random bytes the device registered with */
export function deviceKeys(secret: Uint8Array): DeviceKeys {
  const derive = (info: string) => new Uint8Array(hkdfSync('sha256', secret, '', info, KEY_BYTES));
  const journalKeys = new Map<string, Uint8Array>();
  const journalKey = (journal: string): Uint8Array => {
    const key = journalKeys.get(journal) ?? derive(derivedKeyInfo.journal(journal));
    journalKeys.set(journal, key);
    return key;
  };
  return {
    sealHolds(journal, { record, previousMac, mac }) {
      const expected = hmac(journalKey(journal), macInput(previousMac, record));
      // The text is compared, not the bytes it stands for: two spellings of one MAC would break the chain after them.
      return timingSafeEqual(Buffer.from(expected), Buffer.from(mac));
    },
    receipt: (receipt) => ({
      ...receipt,
      mac: hmac(derive(derivedKeyInfo.receipt()), receiptInput(receipt)),
    }),
  };
}

function hmac(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
