import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import { HUMAN_CODE_LENGTHS, humanCode, readHumanCode } from '../../contract/logon.ts';
import type { OneTimeCodeTable } from '../store/schema-logon.ts';
import type { Store } from '../store/store.ts';
import type { AccountOnDevice } from './accounts.ts';
import { clearFailures, codeSubjects, countFailure, refuseIfBraked } from './attempts.ts';
import { granted, refused, type Verdict } from './verdict.ts';

/** How long a one-time code may be used. */
export const ONE_TIME_CODE_LIFE_MS = 24 * 60 * 60_000;

/** 60 bits are 12 characters. */
const CODE_BITS = HUMAN_CODE_LENGTHS.oneTime * 5;

export interface IssuedCode {
  id: string;
  /** In its normal form, without hyphens. */
  code: string;
  expiresAtMs: number;
}

/** Makes a one-time code for an employee; one from before that was not used is void. */
export async function issueOneTimeCode(
  tx: Store,
  { company, employee, atMs }: { company: string; employee: string; atMs: number },
): Promise<IssuedCode> {
  await voidOneTimeCodes(tx, company, employee, atMs);
  const id = randomUUID();
  const code = humanCode(randomBytes(Math.ceil(CODE_BITS / 8))).slice(0, HUMAN_CODE_LENGTHS.oneTime);
  const expiresAtMs = atMs + ONE_TIME_CODE_LIFE_MS;
  await tx
    .insertInto('one_time_codes')
    .values({
      company,
      id,
      employee,
      code_hash: hashOf(company, code),
      issued_at: atMs,
      expires_at: expiresAtMs,
      used_at: null,
      used_device: null,
      used_sid: null,
      voided_at: null,
    })
    .execute();
  return { id, code, expiresAtMs };
}

export async function voidOneTimeCodes(
  tx: Store,
  company: string,
  employee: string,
  atMs: number,
): Promise<void> {
  await tx
    .updateTable('one_time_codes')
    .set({ voided_at: atMs })
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('used_at', 'is', null)
    .where('voided_at', 'is', null)
    .execute();
}

export interface KnownCode {
  id: string;
  employee: string;
  /** This very account has used it: the same request came again. */
  usedHere: boolean;
}

/**
 * Looks a typed code up, without using it. Whatever is wrong with it, the answer is the same `code-invalid`, and the failure counts for the
 * device and the company. The code is found by its hash: how long that takes says nothing about codes nearly right.
 *
 * @param accepts what else must be true; a code it turns down is as wrong as any
 */
export async function lookUpOneTimeCode(
  tx: Store,
  account: AccountOnDevice,
  typed: string,
  nowMs: number,
  accepts: (code: KnownCode) => boolean = () => true,
): Promise<Verdict<KnownCode>> {
  const { company } = account;
  const subjects = codeSubjects(account);
  const braked = await refuseIfBraked(tx, company, subjects, nowMs);
  if (!braked.ok) return braked;
  const code = readHumanCode(typed, HUMAN_CODE_LENGTHS.oneTime);
  const row = await tx
    .selectFrom('one_time_codes')
    .selectAll()
    .where('company', '=', company)
    .where('code_hash', '=', hashOf(company, code ?? ''))
    .executeTakeFirst();
  const known = row ? knownCode(row, account, nowMs) : null;
  if (!known || !accepts(known)) {
    await countFailure(tx, company, subjects, nowMs);
    return refused('code-invalid');
  }
  return granted(known);
}

function knownCode(
  row: Selectable<OneTimeCodeTable>,
  { device, sid }: AccountOnDevice,
  nowMs: number,
): KnownCode | null {
  const usedHere = row.used_at !== null && row.used_device === device && row.used_sid === sid;
  const unused = row.used_at === null && row.voided_at === null;
  if (row.expires_at <= nowMs || !(unused || usedHere)) return null;
  return { id: row.id, employee: row.employee, usedHere };
}

/** Uses a code up, for the account that brought it. */
export async function spendOneTimeCode(
  tx: Store,
  account: AccountOnDevice,
  code: KnownCode,
  nowMs: number,
): Promise<void> {
  const { company, device, sid } = account;
  await tx
    .updateTable('one_time_codes')
    .set({ used_at: nowMs, used_device: device, used_sid: sid })
    .where('company', '=', company)
    .where('id', '=', code.id)
    .execute();
  const [onDevice] = codeSubjects(account);
  // The company's count goes on: another's right code says nothing about somebody else's guesses.
  if (onDevice) await clearFailures(tx, company, [onDevice]);
}

/** The company is in it, so that equal codes of two companies have nothing to do with each other. 60 random bits need no slow hash. */
const hashOf = (company: string, code: string): string =>
  createHash('sha256').update(`systemlog/v1/one-time-code\n${company}\n${code}`).digest('base64url');
