import { type ColumnDefinitionBuilder, type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { Database } from '../schema.ts';

type Columns = Record<string, string>;

/**
 * Column shorthand: `text`, `int` (64 bit), with `?` when it may be null. One spelling for both engines: `bigint` is
 * SQLite's INTEGER affinity and PostgreSQL's int8.
 */
export function table(db: Kysely<Database>, name: keyof Database, columns: Columns, primaryKey: string[]) {
  let builder: CreateTableBuilder<string, string> = db.schema.createTable(name);
  for (const [column, type] of Object.entries(columns)) {
    const notNull = (c: ColumnDefinitionBuilder) => (type.endsWith('?') ? c : c.notNull());
    builder = builder.addColumn(column, type.startsWith('int') ? 'bigint' : 'text', notNull);
  }
  return builder.addPrimaryKeyConstraint(`${name}_pk`, primaryKey).execute();
}

export async function index(db: Kysely<Database>, on: keyof Database, columns: string[], unique = false) {
  const create = db.schema
    .createIndex(`${on}_${columns.join('_')}`)
    .on(on)
    .columns(columns);
  await (unique ? create.unique() : create).execute();
}

/** The first schema. */
export async function up(db: Kysely<Database>): Promise<void> {
  await table(db, 'companies', { id: 'text', code: 'text', name: 'text', created_at: 'int' }, ['id']);
  await index(db, 'companies', ['code'], true);

  await table(
    db,
    'settings',
    { company: 'text', group_id: 'text', effective_from: 'text', settings: 'text' },
    ['company', 'group_id', 'effective_from'],
  );
  await table(db, 'groups', { company: 'text', id: 'text', name: 'text' }, ['company', 'id']);
  await table(db, 'divisions', { company: 'text', code: 'text', name: 'text', day_border: 'text' }, [
    'company',
    'code',
  ]);

  await table(
    db,
    'employees',
    {
      company: 'text',
      id: 'text',
      code: 'text',
      last_name: 'text',
      first_name: 'text',
      division_code: 'text?',
      group_id: 'text?',
      source: 'text',
      hired_on: 'text?',
      removed_at: 'int?',
    },
    ['company', 'id'],
  );
  await index(db, 'employees', ['company', 'code']);

  await table(
    db,
    'access_tokens',
    {
      company: 'text',
      id: 'text',
      token_hash: 'text',
      role: 'text',
      expires_at: 'int?',
      device_limit: 'int',
      revoked_at: 'int?',
    },
    ['company', 'id'],
  );
  await index(db, 'access_tokens', ['company', 'token_hash'], true);

  await table(
    db,
    'devices',
    {
      company: 'text',
      id: 'text',
      name: 'text',
      role: 'text',
      public_key: 'text',
      sealed_secret: 'text',
      access_token: 'text',
      client_version: 'text',
      registered_at: 'int',
      retired_at: 'int?',
      last_seen_at: 'int',
    },
    ['company', 'id'],
  );
  // A key belongs to one company: a device that changes hands makes a new one.
  await index(db, 'devices', ['id'], true);

  await table(
    db,
    'links',
    { company: 'text', device: 'text', sid: 'text', employee: 'text', linked_at: 'int' },
    ['company', 'device', 'sid'],
  );
  await index(db, 'links', ['company', 'employee']);

  await table(
    db,
    'journals',
    {
      company: 'text',
      device: 'text',
      id: 'text',
      contiguous_sequence: 'int',
      contiguous_mac: 'text',
      head_sequence: 'int',
      head_mac: 'text',
      head_at: 'int?',
      stated_sequence: 'int',
      stated_at: 'int?',
      complete_at: 'int?',
      first_seen_at: 'int',
    },
    ['company', 'device', 'id'],
  );

  await table(
    db,
    'logs',
    {
      company: 'text',
      id: 'text',
      device: 'text',
      journal: 'text?',
      sequence: 'int?',
      previous_mac: 'text?',
      mac: 'text?',
      record: 'text',
      kind: 'text',
      wall_at: 'int',
      time_zone: 'text',
      sid: 'text?',
      account_name: 'text?',
      account_domain: 'text?',
      session: 'text?',
      initiator: 'text',
      reason: 'text?',
      auth_method: 'text?',
      source: 'text',
      boot_id: 'text?',
      uptime_ms: 'int?',
      placed_at: 'int?',
      placement: 'text',
      clock_corrected: 'int',
      employee: 'text?',
      received_at: 'int',
      ip: 'text',
      client_version: 'text',
    },
    ['company', 'id'],
  );
  await index(db, 'logs', ['company', 'device', 'journal', 'sequence'], true);
  await index(db, 'logs', ['company', 'employee', 'placed_at']);
  await index(db, 'logs', ['company', 'device', 'sid', 'placed_at']);
  await index(db, 'logs', ['company', 'device', 'boot_id', 'uptime_ms']);

  await table(
    db,
    'anchors',
    {
      company: 'text',
      device: 'text',
      boot_id: 'text',
      uptime_ms: 'int',
      server_at: 'int',
      accuracy_ms: 'int',
      journal: 'text',
      head_sequence: 'int',
    },
    ['company', 'device', 'boot_id', 'uptime_ms'],
  );

  await table(
    db,
    'findings',
    {
      company: 'text',
      id: 'text',
      device: 'text',
      journal: 'text?',
      kind: 'text',
      sequence: 'int?',
      evidence: 'text?',
      found_at: 'int',
      closed_at: 'int?',
    },
    ['company', 'id'],
  );
  await index(db, 'findings', ['company', 'device']);

  await table(db, 'dirty', { company: 'text', employee: 'text', from_at: 'int', revision: 'int' }, [
    'company',
    'employee',
  ]);

  await table(
    db,
    'workdays',
    {
      company: 'text',
      employee: 'text',
      date: 'text',
      ends_at: 'int',
      in_at: 'int?',
      in_log: 'text?',
      out_at: 'int?',
      out_log: 'text?',
      breaks: 'text',
      flags: 'text',
      carry_open_until: 'int?',
      computed_at: 'int',
    },
    ['company', 'employee', 'date'],
  );

  await table(
    db,
    'punches',
    {
      company: 'text',
      employee: 'text',
      date: 'text',
      kind: 'text',
      at: 'int',
      log: 'text',
      hold: 'text?',
    },
    ['company', 'employee', 'date', 'kind', 'at'],
  );

  await table(db, 'unplanned', { company: 'text', employee: 'text', date: 'text' }, [
    'company',
    'employee',
    'date',
  ]);
  // Days before the one forwarding begins on stay in it, and must not be gone through every round.
  await index(db, 'unplanned', ['company', 'date']);

  await table(
    db,
    'open_days',
    { company: 'text', employee: 'text', date: 'text', look_at: 'int', planned_at: 'int' },
    ['company', 'employee', 'date'],
  );
  await index(db, 'open_days', ['look_at']);
  await index(db, 'open_days', ['planned_at']);

  await table(
    db,
    'outbox',
    {
      company: 'text',
      id: 'text',
      employee: 'text',
      date: 'text',
      kind: 'text',
      at: 'int',
      state: 'text',
      hold: 'text?',
      attempts: 'int',
      not_before: 'int',
      last_problem: 'text?',
      verified_absent_at: 'int?',
      created_at: 'int',
      changed_at: 'int',
    },
    ['company', 'id'],
  );
  // One row a punch: the last wall between us and a second one.
  await index(db, 'outbox', ['company', 'employee', 'date', 'kind', 'at'], true);
  // And one 出勤 a workday, whatever its time.
  await db.schema
    .createIndex('outbox_one_in')
    .unique()
    .on('outbox')
    .columns(['company', 'employee', 'date'])
    .where(sql.ref('kind'), '=', 'in')
    .execute();
  await index(db, 'outbox', ['state', 'not_before']);

  await table(
    db,
    'tasks',
    {
      company: 'text',
      id: 'text',
      employee: 'text',
      date: 'text',
      kind: 'text',
      detail: 'text',
      created_at: 'int',
      closed_at: 'int?',
    },
    ['company', 'id'],
  );
  await index(db, 'tasks', ['company', 'employee', 'date']);

  await table(
    db,
    'forward_runs',
    {
      company: 'text',
      id: 'text',
      operation: 'text',
      employee: 'text?',
      date: 'text?',
      kind: 'text?',
      started_at: 'int',
      ended_at: 'int',
      outcome: 'text',
      http_status: 'int?',
      code: 'text?',
      message: 'text?',
    },
    ['company', 'id'],
  );
  await index(db, 'forward_runs', ['company', 'started_at']);

  await table(
    db,
    'attendance_services',
    { company: 'text', base_url: 'text', sealed_token: 'text', enabled: 'int', forward_from: 'text?' },
    ['company'],
  );

  await table(
    db,
    'sessions',
    {
      company: 'text',
      token_hash: 'text',
      device: 'text',
      sid: 'text',
      client_version: 'text',
      created_at: 'int',
      expires_at: 'int',
    },
    ['token_hash'],
  );
  await table(db, 'used_nonces', { nonce: 'text', expires_at: 'int' }, ['nonce']);
  // Both are swept by their time.
  await index(db, 'sessions', ['expires_at']);
  await index(db, 'used_nonces', ['expires_at']);
}
