import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  groupedCode,
  HUMAN_CODE_LENGTHS,
  humanCode,
  RECOVERY_CODE_ID_BYTES,
  RECOVERY_CODE_PREFIX,
  readHumanCode,
} from '../../contract/logon.ts';
import type { Store } from '../store/store.ts';
import { deleteRecoveryCodes } from './credentials.ts';
import { granted, refused, type Verdict } from './verdict.ts';

/** 80 random bits, 16 characters. */
const CODE_BYTES = 10;
const SALT_BYTES = 16;
const CODES_IN_A_SET = 8;

/** SHA-256 as the contract lays it down, so that a PC can check a code by itself. 80 random bits need no slow hash. */
export const recoveryHash = (salt: Uint8Array, code: string): Buffer =>
  createHash('sha256').update(RECOVERY_CODE_PREFIX).update(salt).update(code).digest();

const idOf = (hash: Buffer): string => hash.subarray(0, RECOVERY_CODE_ID_BYTES).toString('base64url');

export interface RecoverySet {
  /** Base64url. */
  salt: string;
  codes: { id: string; hash: string }[];
  /** As people see them; to be shown once and kept nowhere. */
  shown: string[];
}

export function makeRecoverySet(): RecoverySet {
  const salt = randomBytes(SALT_BYTES);
  const plain = Array.from({ length: CODES_IN_A_SET }, () => humanCode(randomBytes(CODE_BYTES)));
  const hashes = plain.map((code) => recoveryHash(salt, code));
  return {
    salt: salt.toString('base64url'),
    codes: hashes.map((hash) => ({ id: idOf(hash), hash: hash.toString('base64url') })),
    shown: plain.map(groupedCode),
  };
}

/** Puts a set in place of the employee's one before; its salt belongs into the credential. */
export async function storeRecoverySet(
  tx: Store,
  company: string,
  employee: string,
  { codes }: RecoverySet,
): Promise<void> {
  await deleteRecoveryCodes(tx, company, employee);
  const rows = codes.map((code) => ({ company, employee, ...code, used_at: null, used_device: null }));
  await tx.insertInto('recovery_codes').values(rows).execute();
}

/** An employee's codes in a fixed order that says nothing of how they were shown. */
export function recoveryCodesOf(store: Store, company: string, employee: string) {
  return store
    .selectFrom('recovery_codes')
    .select(['id', 'hash', 'used_at'])
    .where('company', '=', company)
    .where('employee', '=', employee)
    .orderBy('id')
    .execute();
}

/**
 * Finds the code that was typed. Not braked: no number of guesses gets anywhere with 80 bits, and the code is there for when others are off.
 * Every hash is compared, without an early exit.
 */
export async function findRecoveryCode(
  store: Store,
  { company, employee, recovery_salt }: { company: string; employee: string; recovery_salt: string },
  typed: string,
): Promise<Verdict<string>> {
  const code = readHumanCode(typed, HUMAN_CODE_LENGTHS.recovery) ?? '';
  const hash = recoveryHash(Buffer.from(recovery_salt, 'base64url'), code);
  let found: string | null = null;
  for (const row of await recoveryCodesOf(store, company, employee)) {
    const same = timingSafeEqual(Buffer.from(row.hash, 'base64url'), hash);
    if (same && row.used_at === null) found = row.id;
  }
  return found === null ? refused('code-invalid') : granted(found);
}

/**
 * Burns a code everywhere.
 *
 * @returns how many are left; null when there is no such code or it was burned before.
 */
export async function burnRecoveryCode(
  tx: Store,
  { company, employee, id }: { company: string; employee: string; id: string },
  { device, atMs }: { device: string; atMs: number },
): Promise<number | null> {
  const { numUpdatedRows } = await tx
    .updateTable('recovery_codes')
    .set({ used_at: atMs, used_device: device })
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return null;
  const codes = await recoveryCodesOf(tx, company, employee);
  return codes.filter(({ used_at }) => used_at === null).length;
}
