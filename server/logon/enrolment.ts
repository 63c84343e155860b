import { randomUUID } from 'node:crypto';
import type { CredentialId, EnrolmentProof, OtpParameters } from '../../contract/logon.ts';
import { audit } from '../audit/audit.ts';
import { productName } from '../mail/texts.ts';
import { otpEnrolmentPurpose } from '../secrets/purposes.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import { type AccountOnDevice, type Employee, lockedEmployeeOf } from './accounts.ts';
import { takeOtp } from './check-otp.ts';
import { type Credential, credentialOf } from './credentials.ts';
import { grantEnrolment, grantedUntil } from './grants.ts';
import { lookUpOneTimeCode, spendOneTimeCode } from './one-time-codes.ts';
import { base32, DEFAULT_PARAMETERS, makeOtpSecret, otpauthUri } from './otp.ts';
import { placeOf } from './place.ts';
import { findRecoveryCode } from './recovery.ts';
import type { LogonTools } from './tools.ts';
import { recoveryCodeUsed } from './use-recovery-code.ts';
import { granted, refused, type Verdict } from './verdict.ts';

/** How long an enrolment waits for its first code. */
export const ENROLMENT_LIFE_MS = 15 * 60_000;

/** As the authenticator app shows it: which service, and whose account there. */
export interface OtpLabel {
  issuer: string;
  accountName: string;
}

export interface StartedEnrolment extends OtpLabel {
  credential: CredentialId;
  uri: string;
  secret: string;
  parameters: OtpParameters;
  expiresAtMs: number;
}

interface StartRequest {
  account: AccountOnDevice;
  proof: EnrolmentProof | undefined;
  nowMs: number;
  parameters?: OtpParameters;
}

/**
 * Makes a new OTP secret for an account's employee, who has to confirm it with a first code. It takes the place of an enrolment that was
 * begun before, wherever. What is enrolled stays in force until then.
 *
 * A proof that was accepted holds for an hour on this PC, so that a page closed too early costs no second one.
 */
export async function startEnrolment(
  { store, secrets }: LogonTools,
  { account, proof, nowMs, parameters = DEFAULT_PARAMETERS }: StartRequest,
): Promise<Verdict<StartedEnrolment>> {
  return store.transaction().execute(async (tx) => {
    const employee = await lockedEmployeeOf(tx, account);
    if (!employee) return refused('account-unlinked');
    const enrolled = await credentialOf(tx, account.company, employee.id);
    const proved = proof
      ? await checkProof(tx, secrets, { account, employee, enrolled, proof, nowMs })
      : await checkGrant(tx, { account, employee, enrolled, nowMs });
    if (!proved.ok) return proved;

    const secret = makeOtpSecret();
    const credential = randomUUID() as CredentialId;
    const expiresAtMs = nowMs + ENROLMENT_LIFE_MS;
    await storePending(tx, secrets, { account, employee, secret, credential, parameters, expiresAtMs });
    await audit(tx, {
      ...account,
      atMs: nowMs,
      by: { kind: 'employee', name: account.sid },
      action: 'otp-enrolment-started',
      employee: employee.id,
      detail: { proof: proof?.kind ?? 'earlier', replaces: enrolled !== undefined },
    });
    const label = await labelOf(tx, employee, nowMs);
    const uri = otpauthUri(secret, label, parameters);
    return granted({ credential, uri, secret: base32(secret), ...label, parameters, expiresAtMs });
  });
}

interface Asked {
  account: AccountOnDevice;
  employee: Employee;
  enrolled: Credential | undefined;
  nowMs: number;
}

async function checkGrant(tx: Store, { account, employee, enrolled, nowMs }: Asked): Promise<Verdict<null>> {
  const about = { employee: employee.id, enrolled: enrolled !== undefined, nowMs };
  const until = await grantedUntil(tx, account, about);
  if (until !== null) return granted(null);
  return refused(
    'proof-needed',
    enrolled ? 'A current code or a recovery code' : 'The one-time code of the account mail',
  );
}

async function checkProof(
  tx: Store,
  secrets: Secrets,
  { account, employee, enrolled, proof, nowMs }: Asked & { proof: EnrolmentProof },
): Promise<Verdict<null>> {
  if (proof.kind === 'one-time-code') {
    // Before the code is looked at: a mailed code never does in place of what is enrolled.
    if (enrolled) return refused('proof-needed', 'A current code or a recovery code');
    const found = await lookUpOneTimeCode(
      tx,
      account,
      proof.code,
      nowMs,
      (code) => !code.usedHere && code.employee === employee.id,
    );
    if (!found.ok) return found;
    await spendOneTimeCode(tx, account, found.value, nowMs);
    await grantEnrolment(tx, account, employee.id, 'first', nowMs);
    return granted(null);
  }
  if (!enrolled) return refused('otp-not-enrolled');
  if (proof.kind === 'otp') {
    const used = await takeOtp(tx, secrets, account, employee.id, proof.code, nowMs);
    if (!used.ok) return used;
  } else {
    const found = await findRecoveryCode(tx, enrolled, proof.code);
    if (!found.ok) return found;
    const use = { id: found.value, by: 'employee' as const, atMs: nowMs };
    await recoveryCodeUsed(tx, secrets, account, employee, use);
  }
  await grantEnrolment(tx, account, employee.id, 'again', nowMs);
  return granted(null);
}

async function storePending(
  tx: Store,
  secrets: Secrets,
  pending: {
    account: AccountOnDevice;
    employee: Employee;
    secret: Uint8Array;
    credential: string;
    parameters: OtpParameters;
    expiresAtMs: number;
  },
): Promise<void> {
  const { account, employee, secret, credential, parameters, expiresAtMs } = pending;
  const { company, device, sid } = account;
  const row = {
    credential,
    device,
    sid,
    sealed_secret: secrets.seal(secret, otpEnrolmentPurpose(company, credential)),
    algorithm: parameters.algorithm,
    digits: parameters.digits,
    period_seconds: parameters.periodSeconds,
    failures: 0,
    expires_at: expiresAtMs,
  };
  await tx
    .insertInto('otp_enrolments')
    .values({ company, employee: employee.id, ...row })
    .onConflict((conflict) => conflict.columns(['company', 'employee']).doUpdateSet(row))
    .execute();
}

async function labelOf(tx: Store, employee: Employee, nowMs: number): Promise<OtpLabel> {
  const { name } = await tx
    .selectFrom('companies')
    .select('name')
    .where('id', '=', employee.company)
    .executeTakeFirstOrThrow();
  const { language } = await placeOf(tx, employee, nowMs);
  return {
    issuer: withoutColon(`${productName(language)} ${name}`),
    accountName: withoutColon(`${employee.code} ${employee.last_name} ${employee.first_name}`),
  };
}

/** A colon would end the issuer in an `otpauth:` label. */
const withoutColon = (text: string): string => text.replaceAll(':', ' ').trim();
