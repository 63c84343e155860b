import type { Selectable } from 'kysely';
import type { OtpParameters } from '../../contract/logon.ts';
import { otpSecretPurpose } from '../secrets/purposes.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { OtpCredentialTable, OtpEnrolmentTable } from '../store/schema-logon.ts';
import type { Store } from '../store/store.ts';

export type Credential = Selectable<OtpCredentialTable>;

/** What an employee has enrolled; undefined when nothing. */
export function credentialOf(
  store: Store,
  company: string,
  employee: string,
): Promise<Credential | undefined> {
  return store
    .selectFrom('otp_credentials')
    .selectAll()
    .where('company', '=', company)
    .where('employee', '=', employee)
    .executeTakeFirst();
}

export const secretOf = (secrets: Secrets, { company, id, sealed_secret }: Credential): Uint8Array =>
  secrets.open(sealed_secret, otpSecretPurpose(company, id));

export const parametersOf = (
  row: Pick<OtpCredentialTable | OtpEnrolmentTable, 'algorithm' | 'digits' | 'period_seconds'>,
): OtpParameters => ({ algorithm: row.algorithm, digits: row.digits, periodSeconds: row.period_seconds });

/** Moves the last accepted step on. It never goes back, whoever says so. */
export async function acceptStep(
  tx: Store,
  { company, employee, id }: Pick<Credential, 'company' | 'employee' | 'id'>,
  step: number,
): Promise<void> {
  await tx
    .updateTable('otp_credentials')
    .set({ last_step: step })
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('id', '=', id)
    .where((row) => row.or([row('last_step', 'is', null), row('last_step', '<', step)]))
    .execute();
}

/** @returns whether there was something to delete. */
export async function deleteCredential(tx: Store, company: string, employee: string): Promise<boolean> {
  await deleteRecoveryCodes(tx, company, employee);
  const { numDeletedRows } = await tx
    .deleteFrom('otp_credentials')
    .where('company', '=', company)
    .where('employee', '=', employee)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function deleteRecoveryCodes(tx: Store, company: string, employee: string): Promise<void> {
  await tx
    .deleteFrom('recovery_codes')
    .where('company', '=', company)
    .where('employee', '=', employee)
    .execute();
}
