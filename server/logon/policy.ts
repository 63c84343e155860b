import { createHash } from 'node:crypto';
import type { Sid } from '../../contract/ids.ts';
import type { CredentialId, CurrentPolicy } from '../../contract/logon.ts';
import type { Store } from '../store/store.ts';
import { type Employee, shownEmployee } from './accounts.ts';
import { credentialOf, parametersOf } from './credentials.ts';
import { epochsOf } from './epochs.ts';
import { asksForCode, methodsOf, rulesOf } from './logon-settings.ts';
import { recoveryCodesOf } from './recovery.ts';

type Policy = Pick<CurrentPolicy, 'version' | 'rules' | 'accounts'>;
type PolicyAccount = CurrentPolicy['accounts'][number];

interface DeviceScope {
  company: string;
  device: string;
}

/**
 * What a PC has to know to let its people in, put together from what is stored now: it can never be stale, and its version is simply its hash. A
 * PC has few accounts, so this is a handful of look-ups by key.
 */
export async function policyOf(store: Store, { company, device }: DeviceScope): Promise<Policy> {
  const linked = await linkedOn(store, company, device);
  const accounts = await Promise.all(linked.map((account) => policyAccount(store, account)));
  const rules = await rulesOf(store, company);
  const concerned = accounts.some(({ otp, methods }) => otp !== null && asksForCode(methods));
  const content = { rules: { ...rules, enforcement: rules.enforcement && concerned }, accounts };
  const version = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
  return { version, ...content };
}

interface LinkedAccount {
  device: string;
  sid: string;
  employee: Employee;
}

/** Accounts of people who have left are not in it, just as those of nobody. */
async function linkedOn(store: Store, company: string, device: string): Promise<LinkedAccount[]> {
  const rows = await store
    .selectFrom('links')
    .innerJoin('employees', (join) =>
      join.onRef('employees.company', '=', 'links.company').onRef('employees.id', '=', 'links.employee'),
    )
    .selectAll('employees')
    .select('links.sid')
    .where('links.company', '=', company)
    .where('links.device', '=', device)
    .where('employees.removed_at', 'is', null)
    .orderBy('links.sid')
    .execute();
  return rows.map(({ sid, ...employee }) => ({ device, sid, employee }));
}

async function policyAccount(store: Store, { device, sid, employee }: LinkedAccount): Promise<PolicyAccount> {
  const epochs = await epochsOf(store, employee.company, employee.id);
  return {
    sid: sid as Sid,
    employee: shownEmployee(employee),
    methods: await methodsOf(store, employee),
    otp: await policyOtp(store, employee, { device, sid }),
    sealedPasswordEpoch: epochs.sealed_password,
    forgivenEpoch: epochs.forgiven,
  };
}

async function policyOtp(
  store: Store,
  { company, id }: Employee,
  at: { device: string; sid: string },
): Promise<PolicyAccount['otp']> {
  const credential = await credentialOf(store, company, id);
  if (!credential) return null;
  const codes = await recoveryCodesOf(store, company, id);
  return {
    credential: credential.id as CredentialId,
    parameters: parametersOf(credential),
    enrolledAt: new Date(credential.enrolled_at).toISOString(),
    enrolledHere: credential.device === at.device && credential.sid === at.sid,
    lastAcceptedStep: credential.last_step,
    recovery: {
      salt: credential.recovery_salt,
      codes: codes.map((code) => ({ id: code.id, hash: code.hash, used: code.used_at !== null })),
    },
  };
}
