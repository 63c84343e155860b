import type { Selectable } from 'kysely';
import type { CredentialId } from '../../contract/logon.ts';
import { type AuditedAction, audit } from '../audit/audit.ts';
import { notifyEmployee, pcName } from '../mail/notify.ts';
import { otpEnrolmentPurpose, otpSecretPurpose } from '../secrets/purposes.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { OtpEnrolmentTable } from '../store/schema-logon.ts';
import type { Store } from '../store/store.ts';
import { type AccountOnDevice, type Employee, lockedEmployeeOf } from './accounts.ts';
import { forgiveOtpFailures } from './attempts.ts';
import { takeOtp } from './check-otp.ts';
import { parametersOf } from './credentials.ts';
import { raiseEpoch } from './epochs.ts';
import { endGrants } from './grants.ts';
import { matchOtp } from './otp.ts';
import { makeRecoverySet, type RecoverySet, storeRecoverySet } from './recovery.ts';
import type { LogonTools } from './tools.ts';
import { granted, refused, type Verdict } from './verdict.ts';

/** Wrong codes after which an enrolment is given up. Whoever confirms knows the secret, so this stops mistakes, not guesses. */
const FAILURES_ALLOWED = 10;

export interface NewRecoveryCodes {
  credential: CredentialId;
  recoveryCodes: string[];
}

/**
 * Confirms an enrolment with its first code, from the account and PC that began it. The secret becomes the employee's, in place of any other;
 * the code is used up; the recovery codes are in the answer and nowhere else.
 */
export async function confirmEnrolment(
  { store, secrets }: LogonTools,
  account: AccountOnDevice,
  { credential, code }: { credential: CredentialId; code: string },
  nowMs: number,
): Promise<Verdict<NewRecoveryCodes>> {
  return store.transaction().execute(async (tx) => {
    const employee = await lockedEmployeeOf(tx, account);
    if (!employee) return refused('account-unlinked');
    const pending = await pendingOf(tx, account, employee, credential);
    if (!pending || pending.expires_at <= nowMs) return refused('enrolment-unknown');

    const secret = secrets.open(pending.sealed_secret, otpEnrolmentPurpose(account.company, credential));
    const result = matchOtp(secret, parametersOf(pending), code, { nowMs, lastStep: null });
    if (result.match !== 'fresh') {
      await countMistake(tx, pending);
      return refused('otp-wrong');
    }
    const set = makeRecoverySet();
    await replaceCredential(tx, secrets, pending, { secret, set, step: result.step, nowMs });
    await storeRecoverySet(tx, account.company, employee.id, set);
    await endPending(tx, pending);
    await endGrants(tx, account.company, employee.id);
    await forgiveOtpFailures(tx, account.company, employee.id);
    await raiseEpoch(tx, account.company, employee.id, 'forgiven');
    await tell(tx, secrets, account, employee, { action: 'otp-enrolled', about: credential, nowMs });
    return granted({ credential, recoveryCodes: set.shown });
  });
}

/** Makes a new set of recovery codes for a current code; those before it are void. */
export async function renewRecoveryCodes(
  { store, secrets }: LogonTools,
  account: AccountOnDevice,
  code: string,
  nowMs: number,
): Promise<Verdict<NewRecoveryCodes>> {
  return store.transaction().execute(async (tx) => {
    const employee = await lockedEmployeeOf(tx, account);
    if (!employee) return refused('account-unlinked');
    const used = await takeOtp(tx, secrets, account, employee.id, code, nowMs);
    if (!used.ok) return used;
    const set = makeRecoverySet();
    const { company } = account;
    await tx
      .updateTable('otp_credentials')
      .set({ recovery_salt: set.salt })
      .where('company', '=', company)
      .where('employee', '=', employee.id)
      .execute();
    await storeRecoverySet(tx, company, employee.id, set);
    await tell(tx, secrets, account, employee, { action: 'recovery-codes-made', about: set.salt, nowMs });
    return granted({ credential: used.value.credential.id as CredentialId, recoveryCodes: set.shown });
  });
}

type Pending = Selectable<OtpEnrolmentTable>;

function pendingOf(
  tx: Store,
  { company, device, sid }: AccountOnDevice,
  employee: Employee,
  credential: string,
): Promise<Pending | undefined> {
  return tx
    .selectFrom('otp_enrolments')
    .selectAll()
    .where('company', '=', company)
    .where('employee', '=', employee.id)
    .where('credential', '=', credential)
    .where('device', '=', device)
    .where('sid', '=', sid)
    .executeTakeFirst();
}

async function countMistake(tx: Store, pending: Pending): Promise<void> {
  if (pending.failures + 1 >= FAILURES_ALLOWED) {
    await endPending(tx, pending);
    return;
  }
  await tx
    .updateTable('otp_enrolments')
    .set({ failures: pending.failures + 1 })
    .where('company', '=', pending.company)
    .where('employee', '=', pending.employee)
    .execute();
}

async function endPending(tx: Store, { company, employee }: Pending): Promise<void> {
  await tx
    .deleteFrom('otp_enrolments')
    .where('company', '=', company)
    .where('employee', '=', employee)
    .execute();
}

async function replaceCredential(
  tx: Store,
  secrets: Secrets,
  pending: Pending,
  { secret, set, step, nowMs }: { secret: Uint8Array; set: RecoverySet; step: number; nowMs: number },
): Promise<void> {
  const { company, employee, credential, device, sid, algorithm, digits, period_seconds } = pending;
  const row = {
    id: credential,
    device,
    sid,
    sealed_secret: secrets.seal(secret, otpSecretPurpose(company, credential)),
    algorithm,
    digits,
    period_seconds,
    enrolled_at: nowMs,
    last_step: step,
    recovery_salt: set.salt,
  };
  await tx
    .insertInto('otp_credentials')
    .values({ company, employee, ...row })
    .onConflict((conflict) => conflict.columns(['company', 'employee']).doUpdateSet(row))
    .execute();
}

async function tell(
  tx: Store,
  secrets: Secrets,
  account: AccountOnDevice,
  employee: Employee,
  {
    action,
    about,
    nowMs,
  }: { action: AuditedAction & ('otp-enrolled' | 'recovery-codes-made'); about: string; nowMs: number },
): Promise<void> {
  const by = { kind: 'employee' as const, name: account.sid };
  await audit(tx, { ...account, atMs: nowMs, by, action, employee: employee.id });
  const values = { pc: await pcName(tx, account.company, account.device), atMs: nowMs };
  await notifyEmployee(
    tx,
    secrets,
    employee,
    { template: action, eventKey: `${action}/${about}`, values },
    nowMs,
  );
}
