import type { Kysely } from 'kysely';
import {
  attendanceTokenPurpose,
  deviceSecretPurpose,
  mailValuesPurpose,
  otpEnrolmentPurpose,
  otpSecretPurpose,
} from '../secrets/purposes.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/schema.ts';

/** One sealed value where it lies, and how to put another in its place if it still is what it was. */
interface Sealed {
  sealed: string;
  purpose: string;
  replace(sealed: string): Promise<unknown>;
}

/**
 * Seals everything in the store anew that is not sealed under the newest master key. When it has run with the new key first and the old one
 * behind it, the old one can be taken away. Safe beside a running server and to be run again: each value is changed by itself, and only
 * while it is still the one that was read.
 *
 * @returns how many values were sealed anew.
 * @throws when a value does not open; those before it are done.
 */
export async function resealAll(store: Kysely<Database>, secrets: Secrets): Promise<number> {
  let count = 0;
  for (const everywhere of [deviceSecrets, attendanceTokens, enrolments, credentials, mails]) {
    for (const { sealed, purpose, replace } of await everywhere(store)) {
      if (sealed === '' || secrets.isCurrent(sealed)) continue;
      await replace(secrets.seal(secrets.open(sealed, purpose), purpose));
      count += 1;
    }
  }
  return count;
}

async function deviceSecrets(store: Kysely<Database>): Promise<Sealed[]> {
  const rows = await store.selectFrom('devices').select(['company', 'id', 'sealed_secret']).execute();
  return rows.map(({ company, id, sealed_secret }) => ({
    sealed: sealed_secret,
    purpose: deviceSecretPurpose(id),
    replace: (sealed) =>
      store
        .updateTable('devices')
        .set({ sealed_secret: sealed })
        .where('company', '=', company)
        .where('id', '=', id)
        .where('sealed_secret', '=', sealed_secret)
        .execute(),
  }));
}

async function attendanceTokens(store: Kysely<Database>): Promise<Sealed[]> {
  const rows = await store.selectFrom('attendance_services').select(['company', 'sealed_token']).execute();
  return rows.map(({ company, sealed_token }) => ({
    sealed: sealed_token,
    purpose: attendanceTokenPurpose(company),
    replace: (sealed) =>
      store
        .updateTable('attendance_services')
        .set({ sealed_token: sealed })
        .where('company', '=', company)
        .where('sealed_token', '=', sealed_token)
        .execute(),
  }));
}

async function enrolments(store: Kysely<Database>): Promise<Sealed[]> {
  const rows = await store
    .selectFrom('otp_enrolments')
    .select(['company', 'employee', 'credential', 'sealed_secret'])
    .execute();
  return rows.map(({ company, employee, credential, sealed_secret }) => ({
    sealed: sealed_secret,
    purpose: otpEnrolmentPurpose(company, credential),
    replace: (sealed) =>
      store
        .updateTable('otp_enrolments')
        .set({ sealed_secret: sealed })
        .where('company', '=', company)
        .where('employee', '=', employee)
        .where('sealed_secret', '=', sealed_secret)
        .execute(),
  }));
}

async function credentials(store: Kysely<Database>): Promise<Sealed[]> {
  const rows = await store
    .selectFrom('otp_credentials')
    .select(['company', 'employee', 'id', 'sealed_secret'])
    .execute();
  return rows.map(({ company, employee, id, sealed_secret }) => ({
    sealed: sealed_secret,
    purpose: otpSecretPurpose(company, id),
    replace: (sealed) =>
      store
        .updateTable('otp_credentials')
        .set({ sealed_secret: sealed })
        .where('company', '=', company)
        .where('employee', '=', employee)
        .where('sealed_secret', '=', sealed_secret)
        .execute(),
  }));
}

async function mails(store: Kysely<Database>): Promise<Sealed[]> {
  const rows = await store
    .selectFrom('mails')
    .select(['company', 'id', 'sealed_values'])
    .where('sealed_values', '<>', '')
    .execute();
  return rows.map(({ company, id, sealed_values }) => ({
    sealed: sealed_values,
    purpose: mailValuesPurpose(id),
    replace: (sealed) =>
      store
        .updateTable('mails')
        .set({ sealed_values: sealed })
        .where('company', '=', company)
        .where('id', '=', id)
        .where('sealed_values', '=', sealed_values)
        .execute(),
  }));
}
