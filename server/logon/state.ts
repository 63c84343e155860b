import type { CredentialId, LogonState } from '../../contract/logon.ts';
import { type AccountOnDevice, employeeOf, shownEmployee } from './accounts.ts';
import { credentialOf } from './credentials.ts';
import { grantedUntil } from './grants.ts';
import { methodsOf } from './logon-settings.ts';
import { recoveryCodesOf } from './recovery.ts';
import type { LogonTools } from './tools.ts';

/** How an account stands, as its owner sees it. */
export async function logonStateOf(
  { store }: Pick<LogonTools, 'store'>,
  account: AccountOnDevice,
  nowMs: number,
): Promise<Pick<LogonState, 'employee' | 'methods' | 'otp' | 'next'>> {
  const employee = await employeeOf(store, account);
  // Nobody's account is in no group either, but nothing is asked of it: Windows logs it on by itself.
  if (!employee) return { employee: null, methods: 'password', otp: null, next: 'link' };
  const { company, device, sid } = account;
  const credential = await credentialOf(store, company, employee.id);
  const codes = credential ? await recoveryCodesOf(store, company, employee.id) : [];
  const asked = { employee: employee.id, enrolled: credential !== undefined, nowMs };
  return {
    employee: shownEmployee(employee),
    methods: await methodsOf(store, employee),
    otp: credential
      ? {
          credential: credential.id as CredentialId,
          enrolledAt: new Date(credential.enrolled_at).toISOString(),
          enrolledHere: credential.device === device && credential.sid === sid,
          recoveryCodesLeft: codes.filter(({ used_at }) => used_at === null).length,
        }
      : null,
    next: (await grantedUntil(store, account, asked)) === null ? 'prove' : 'enrol',
  };
}
