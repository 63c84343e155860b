import { createHmac, hkdfSync } from 'node:crypto';
import { derivedKeyInfo } from '../../contract/event.ts';
import type { Sid } from '../../contract/ids.ts';
import {
  emergencyInput,
  groupedCode,
  HUMAN_CODE_LENGTHS,
  humanCode,
  readHumanCode,
} from '../../contract/logon.ts';
import { type AuditedAction, audit } from '../audit/audit.ts';
import { type Employee, employeeOf } from '../logon/accounts.ts';
import { forgiveOtpFailures } from '../logon/attempts.ts';
import { deleteCredential, deleteRecoveryCodes } from '../logon/credentials.ts';
import { raiseEpoch } from '../logon/epochs.ts';
import { endGrants } from '../logon/grants.ts';
import { voidOneTimeCodes } from '../logon/one-time-codes.ts';
import { notifyEmployee } from '../mail/notify.ts';
import { deviceSecretPurpose } from '../secrets/purposes.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';
import { administrator, type LogonAdministration, onEmployee, takeDevice } from './logon-accounts.ts';

/** What an administrator can delete of an employee. `otp` takes the recovery codes with it. */
export type DeletableCredential = 'otp' | 'recovery-codes' | 'sealed-password';

/**
 * Deletes credentials of an employee, if there are any. After `otp` nothing that was begun or granted before holds: an enrolment needs a one-time
 * code issued after this. A PC deletes what it holds the next time it asks for its policy.
 *
 * @throws AdministrationError `unknown-employee`, `ambiguous-employee`.
 */
export async function deleteCredentials(
  work: LogonAdministration,
  employeeCode: string,
  what: DeletableCredential,
): Promise<void> {
  await onEmployee(work, employeeCode, (tx, employee) => deletions[what](tx, work, employee));
}

const deletions: Record<
  DeletableCredential,
  (tx: Store, work: LogonAdministration, employee: Employee) => Promise<void>
> = {
  async otp(tx, work, employee) {
    const { company, secrets, atMs } = work;
    const wasEnrolled = await deleteCredential(tx, company, employee.id);
    await deletePending(tx, company, employee.id);
    await endGrants(tx, company, employee.id);
    await voidOneTimeCodes(tx, company, employee.id, atMs);
    await forgive(tx, company, employee.id);
    await write(tx, work, employee, 'otp-deleted');
    if (!wasEnrolled) return;
    const eventKey = `otp-deleted/${employee.id}/${atMs}`;
    const notice = { template: 'otp-deleted', eventKey, values: { atMs } } as const;
    await notifyEmployee(tx, secrets, employee, notice, atMs);
  },
  async 'recovery-codes'(tx, work, employee) {
    await deleteRecoveryCodes(tx, work.company, employee.id);
    await write(tx, work, employee, 'recovery-codes-deleted');
  },
  async 'sealed-password'(tx, work, employee) {
    await raiseEpoch(tx, work.company, employee.id, 'sealed_password');
    await write(tx, work, employee, 'sealed-password-deletion-ordered');
  },
};

async function deletePending(tx: Store, company: string, employee: string): Promise<void> {
  await tx
    .deleteFrom('otp_enrolments')
    .where('company', '=', company)
    .where('employee', '=', employee)
    .execute();
}

/**
 * Forgives an employee's wrong codes, here and on every PC, and so turns codes on again.
 *
 * @throws AdministrationError `unknown-employee`, `ambiguous-employee`.
 */
export async function forgiveAttempts(work: LogonAdministration, employeeCode: string): Promise<void> {
  await onEmployee(work, employeeCode, async (tx, employee) => {
    await forgive(tx, work.company, employee.id);
    await write(tx, work, employee, 'attempts-forgiven');
  });
}

async function forgive(tx: Store, company: string, employee: string): Promise<void> {
  await forgiveOtpFailures(tx, company, employee);
  await raiseEpoch(tx, company, employee, 'forgiven');
}

async function write(tx: Store, work: LogonAdministration, { id }: Employee, action: AuditedAction) {
  const { company, atMs } = work;
  await audit(tx, { company, atMs, by: administrator(work), action, employee: id });
}

/**
 * Answers the challenge an account's tile shows on a PC. It takes the place of the code there, once and within ten minutes, never of the
 * password. Layout: contract/logon.ts, `emergencyInput`.
 *
 * @param challenge as it was read out or typed
 * @returns the answer as people read it
 * @throws AdministrationError `unknown-device`, `device-retired`, `invalid-challenge`.
 */
export async function answerEmergency(
  work: LogonAdministration,
  { device, sid, challenge: typed }: { device: string; sid: Sid; challenge: string },
): Promise<string> {
  const { store, secrets, company, atMs } = work;
  const challenge = readHumanCode(typed, HUMAN_CODE_LENGTHS.emergency);
  if (challenge === null) {
    throw new AdministrationError(
      'invalid-challenge',
      'A challenge has 8 letters and digits, like K7Q2-M9XD',
    );
  }
  return store.transaction().execute(async (tx) => {
    const { retired_at, sealed_secret, name: pc } = await takeDevice(tx, company, device);
    if (retired_at !== null) {
      throw new AdministrationError('device-retired', `The device ${device} is retired and gets no answers`);
    }
    const employee = await employeeOf(tx, { company, device, sid });
    const deed = { company, atMs, by: administrator(work), employee: employee?.id ?? null, device, sid };
    await audit(tx, { ...deed, action: 'emergency-answered', detail: { challenge } });
    const eventKey = `emergency-answered/${device}/${challenge}`;
    const notice = { template: 'emergency-answered', eventKey, values: { pc, atMs } } as const;
    if (employee) await notifyEmployee(tx, secrets, employee, notice, atMs);
    return emergencyAnswer(secrets.open(sealed_secret, deviceSecretPurpose(device)), sid, challenge);
  });
}

const KEY_BYTES = 32;
const ANSWER_BYTES = 5;

/** The answer itself. @param challenge in its normal form */
export function emergencyAnswer(deviceSecret: Uint8Array, sid: Sid, challenge: string): string {
  const key = new Uint8Array(hkdfSync('sha256', deviceSecret, '', derivedKeyInfo.emergency(), KEY_BYTES));
  const mac = createHmac('sha256', key).update(emergencyInput(sid, challenge)).digest();
  return groupedCode(humanCode(mac.subarray(0, ANSWER_BYTES)));
}
