import { type Kysely, SqliteAdapter, sql } from 'kysely';
import type { Database } from '../schema.ts';
import { index, table } from './0001-first.ts';

const otp = {
  company: 'text',
  employee: 'text',
  device: 'text',
  sid: 'text',
  sealed_secret: 'text',
  algorithm: 'text',
  digits: 'int',
  period_seconds: 'int',
};

/** Logon, its administration and mail. */
export async function up(db: Kysely<Database>): Promise<void> {
  await db.schema.alterTable('employees').addColumn('mail', 'text').execute();

  await table(
    db,
    'one_time_codes',
    {
      company: 'text',
      id: 'text',
      employee: 'text',
      code_hash: 'text',
      issued_at: 'int',
      expires_at: 'int',
      used_at: 'int?',
      used_device: 'text?',
      used_sid: 'text?',
      voided_at: 'int?',
    },
    ['company', 'id'],
  );
  await index(db, 'one_time_codes', ['company', 'code_hash'], true);
  await index(db, 'one_time_codes', ['company', 'employee']);

  await table(
    db,
    'enrolment_grants',
    { company: 'text', device: 'text', sid: 'text', employee: 'text', kind: 'text', expires_at: 'int' },
    ['company', 'device', 'sid'],
  );

  await table(db, 'otp_enrolments', { ...otp, credential: 'text', failures: 'int', expires_at: 'int' }, [
    'company',
    'employee',
  ]);
  await table(
    db,
    'otp_credentials',
    { ...otp, id: 'text', enrolled_at: 'int', last_step: 'int?', recovery_salt: 'text' },
    ['company', 'employee'],
  );
  await table(
    db,
    'recovery_codes',
    {
      company: 'text',
      employee: 'text',
      id: 'text',
      hash: 'text',
      used_at: 'int?',
      used_device: 'text?',
    },
    ['company', 'employee', 'id'],
  );

  await table(
    db,
    'attempts',
    {
      company: 'text',
      kind: 'text',
      employee: 'text',
      device: 'text',
      failures: 'int',
      failed_at: 'int',
      off_at: 'int?',
    },
    ['company', 'kind', 'employee', 'device'],
  );

  await table(
    db,
    'logon_settings',
    { company: 'text', group_id: 'text', settings: 'text', changed_at: 'int' },
    ['company', 'group_id'],
  );
  await table(
    db,
    'logon_epochs',
    { company: 'text', employee: 'text', sealed_password: 'int', forgiven: 'int' },
    ['company', 'employee'],
  );
  await table(
    db,
    'device_accounts',
    {
      company: 'text',
      device: 'text',
      sid: 'text',
      enforcement: 'text',
      codes_off: 'int',
      reported_at: 'int',
    },
    ['company', 'device', 'sid'],
  );

  await table(
    db,
    'audit',
    {
      company: 'text',
      id: 'text',
      at: 'int',
      actor_kind: 'text',
      actor: 'text',
      action: 'text',
      employee: 'text?',
      device: 'text?',
      sid: 'text?',
      detail: 'text',
    },
    ['company', 'id'],
  );
  await index(db, 'audit', ['company', 'at']);
  await makeAppendOnly(db);

  await table(
    db,
    'mails',
    {
      company: 'text',
      id: 'text',
      event_key: 'text',
      template: 'text',
      recipient: 'text',
      language: 'text',
      sealed_values: 'text',
      state: 'text',
      attempts: 'int',
      not_before: 'int',
      expires_at: 'int',
      last_problem: 'text?',
      created_at: 'int',
      changed_at: 'int',
    },
    ['company', 'id'],
  );
  await index(db, 'mails', ['company', 'event_key'], true);
  await index(db, 'mails', ['state', 'not_before']);
}

/** Nobody rewrites the audit by a query that went wrong; who may alter the schema still can. */
async function makeAppendOnly(db: Kysely<Database>): Promise<void> {
  if (!(db.getExecutor().adapter instanceof SqliteAdapter)) return;
  for (const change of ['update', 'delete']) {
    await sql
      .raw(
        `create trigger audit_no_${change} before ${change} on audit begin select raise(abort, 'The audit is append-only'); end`,
      )
      .execute(db);
  }
}
