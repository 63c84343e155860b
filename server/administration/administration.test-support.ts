import type { LogTable } from '../store/schema.ts';
import { openStore, type Store } from '../store/store.ts';
import { createCompany } from './companies.ts';

export const NOW = Date.parse('2026-06-01T03:00:00.000Z');
export const DEVICE = 'D'.repeat(43);
export const SID = 'S-1-5-21-1-2-3-1001';

/** A store with one company that has one device. */
export async function withCompany(code = 'abc') {
  const store = await openStore(':memory:');
  const company = await createCompany(store, { code, name: 'Company', atMs: NOW });
  await addDevice(store, company.id, DEVICE);
  return { store, company: company.id };
}

export async function addDevice(store: Store, company: string, id: string, accessToken = 'token') {
  await store
    .insertInto('devices')
    .values({
      company,
      id,
      name: 'PC',
      role: 'client',
      public_key: '{}',
      sealed_secret: '',
      access_token: accessToken,
      client_version: '1',
      registered_at: NOW,
      retired_at: null,
      last_seen_at: NOW,
    })
    .execute();
}

export async function addEmployee(store: Store, company: string, id: string, code: string) {
  await store
    .insertInto('employees')
    .values({
      company,
      id,
      code,
      last_name: '山田',
      first_name: '太郎',
      division_code: null,
      group_id: null,
      source: 'client',
      hired_on: null,
      removed_at: null,
    })
    .execute();
}

export async function addLog(store: Store, company: string, id: string, log: Partial<LogTable> = {}) {
  await store
    .insertInto('logs')
    .values({
      company,
      id,
      device: DEVICE,
      journal: null,
      sequence: null,
      previous_mac: null,
      mac: null,
      record: '{}',
      kind: 'logon',
      wall_at: NOW,
      time_zone: 'Asia/Tokyo',
      sid: SID,
      account_name: 'taro',
      account_domain: 'PC',
      session: null,
      initiator: 'user',
      reason: null,
      auth_method: null,
      source: 'bridge',
      boot_id: null,
      uptime_ms: null,
      placed_at: NOW,
      placement: 'anchored',
      clock_corrected: 0,
      employee: null,
      received_at: NOW,
      ip: '127.0.0.1',
      client_version: '1',
      ...log,
    })
    .execute();
}
