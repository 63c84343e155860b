import type { LogonMethods } from '../../contract/logon.ts';
import { methodsOf } from '../logon/logon-settings.ts';
import type { Store } from '../store/store.ts';

/** How an employee stands with logon, as an administrator sees it: never a code or a secret. */
export interface CredentialStanding {
  employee: { id: string; code: string; lastName: string; firstName: string; mail: string | null };
  methods: LogonMethods;
  /** A one-time code that could still be used. */
  codeExpiresAtMs: number | null;
  otp: { enrolledAtMs: number; device: string; recoveryCodesLeft: number } | null;
  accounts: {
    device: string;
    deviceName: string;
    sid: string;
    /** As the PC last said; null before it has. */
    enforcement: string | null;
    codesOff: boolean;
  }[];
}

/** Everybody who has not left, by employee code. */
export async function listCredentials(
  store: Store,
  company: string,
  nowMs: number,
): Promise<CredentialStanding[]> {
  const employees = await store
    .selectFrom('employees')
    .leftJoin('otp_credentials as otp', (join) =>
      join.onRef('otp.company', '=', 'employees.company').onRef('otp.employee', '=', 'employees.id'),
    )
    .selectAll('employees')
    .select(['otp.enrolled_at', 'otp.device'])
    .where('employees.company', '=', company)
    .where('employees.removed_at', 'is', null)
    .orderBy('employees.code')
    .execute();
  const [codes, left, accounts] = await Promise.all([
    openCodes(store, company, nowMs),
    codesLeft(store, company),
    accountsBy(store, company),
  ]);
  const methods = await methodsByGroup(store, company, employees);
  return employees.map(({ enrolled_at, device, ...employee }) => ({
    employee: {
      id: employee.id,
      code: employee.code,
      lastName: employee.last_name,
      firstName: employee.first_name,
      mail: employee.mail,
    },
    methods: methods.get(employee.group_id) ?? 'either',
    codeExpiresAtMs: codes.get(employee.id) ?? null,
    otp:
      enrolled_at === null || device === null
        ? null
        : { enrolledAtMs: enrolled_at, device, recoveryCodesLeft: left.get(employee.id) ?? 0 },
    accounts: accounts.get(employee.id) ?? [],
  }));
}

async function methodsByGroup(store: Store, company: string, employees: { group_id: string | null }[]) {
  const methods = new Map<string | null, LogonMethods>();
  for (const { group_id } of employees) {
    if (!methods.has(group_id)) methods.set(group_id, await methodsOf(store, { company, group_id }));
  }
  return methods;
}

async function openCodes(store: Store, company: string, nowMs: number): Promise<Map<string, number>> {
  const rows = await store
    .selectFrom('one_time_codes')
    .select(['employee', 'expires_at'])
    .where('company', '=', company)
    .where('used_at', 'is', null)
    .where('voided_at', 'is', null)
    .where('expires_at', '>', nowMs)
    .execute();
  return new Map(rows.map(({ employee, expires_at }) => [employee, expires_at]));
}

async function codesLeft(store: Store, company: string): Promise<Map<string, number>> {
  const rows = await store
    .selectFrom('recovery_codes')
    .select(['employee'])
    .select(({ fn }) => fn.countAll().as('left'))
    .where('company', '=', company)
    .where('used_at', 'is', null)
    .groupBy('employee')
    .execute();
  return new Map(rows.map(({ employee, left }) => [employee, Number(left)]));
}

async function accountsBy(store: Store, company: string) {
  const rows = await store
    .selectFrom('links')
    .innerJoin('devices', (join) =>
      join.onRef('devices.company', '=', 'links.company').onRef('devices.id', '=', 'links.device'),
    )
    .leftJoin('device_accounts as reported', (join) =>
      join
        .onRef('reported.company', '=', 'links.company')
        .onRef('reported.device', '=', 'links.device')
        .onRef('reported.sid', '=', 'links.sid'),
    )
    .select(['links.employee', 'links.device', 'links.sid', 'devices.name'])
    .select(['reported.enforcement', 'reported.codes_off'])
    .where('links.company', '=', company)
    .orderBy('links.device')
    .orderBy('links.sid')
    .execute();
  const accounts = new Map<string, CredentialStanding['accounts']>();
  for (const { employee, device, sid, name, enforcement, codes_off } of rows) {
    const account = { device, deviceName: name, sid, enforcement, codesOff: codes_off === 1 };
    accounts.set(employee, [...(accounts.get(employee) ?? []), account]);
  }
  return accounts;
}
