import type { LogonReport } from '../../contract/logon.ts';
import { audit } from '../audit/audit.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import { type AccountOnDevice, type Employee, lockedEmployeeOf } from './accounts.ts';
import { acceptStep, credentialOf, parametersOf } from './credentials.ts';
import { stepAt } from './otp.ts';
import type { LogonTools } from './tools.ts';
import { recoveryCodeUsed } from './use-recovery-code.ts';

type ReportedAccount = LogonReport['accounts'][number];

/**
 * How far ahead of now a reported step may lie: a PC or phone may be two steps ahead by learned drift, and one more in the window. A
 * PC must not be able to make all codes of the next years useless everywhere.
 */
const STEPS_AHEAD = 3;

/**
 * Takes what a PC says happened at its logon screen: used steps and recovery codes are used everywhere from now on. Each account is one
 * transaction, and all of it may be said again.
 */
export async function takeReport(
  { store, secrets }: LogonTools,
  { company, device }: { company: string; device: string },
  report: LogonReport,
  nowMs: number,
): Promise<void> {
  for (const reported of report.accounts) {
    const account = { company, device, sid: reported.sid };
    await store.transaction().execute(async (tx) => {
      const employee = await lockedEmployeeOf(tx, account);
      if (!employee) return;
      await noteStanding(tx, account, employee, reported, nowMs);
      await takeOtpUse(tx, secrets, account, employee, reported.otp, nowMs);
    });
  }
}

async function takeOtpUse(
  tx: Store,
  secrets: Secrets,
  account: AccountOnDevice,
  employee: Employee,
  otp: ReportedAccount['otp'],
  nowMs: number,
): Promise<void> {
  if (!otp) return;
  const credential = await credentialOf(tx, account.company, employee.id);
  if (credential?.id !== otp.credential) return;
  const step = otp.lastAcceptedStep;
  if (step !== null && step <= stepAt(nowMs, parametersOf(credential)) + STEPS_AHEAD) {
    await acceptStep(tx, credential, step);
  }
  for (const id of otp.usedRecoveryCodes) {
    await recoveryCodeUsed(tx, secrets, account, employee, { id, by: 'device', atMs: nowMs });
  }
}

async function noteStanding(
  tx: Store,
  account: AccountOnDevice,
  employee: Employee,
  { enforcement, codesOff }: ReportedAccount,
  nowMs: number,
): Promise<void> {
  if (enforcement === undefined && codesOff === undefined) return;
  const { company, device, sid } = account;
  const before = await tx
    .selectFrom('device_accounts')
    .select(['enforcement', 'codes_off'])
    .where('company', '=', company)
    .where('device', '=', device)
    .where('sid', '=', sid)
    .executeTakeFirst();
  const wasOff = before?.codes_off === 1;
  const row = {
    enforcement: enforcement ?? before?.enforcement ?? 'none',
    codes_off: (codesOff ?? wasOff) ? (1 as const) : (0 as const),
    reported_at: nowMs,
  };
  await tx
    .insertInto('device_accounts')
    .values({ company, device, sid, ...row })
    .onConflict((conflict) => conflict.columns(['company', 'device', 'sid']).doUpdateSet(row))
    .execute();
  const deed = { ...account, atMs: nowMs, employee: employee.id };
  const by = { kind: 'device' as const, name: device };
  if (row.codes_off === 1 && !wasOff) await audit(tx, { ...deed, by, action: 'codes-off' });
  if (row.enforcement === 'lapsed' && before?.enforcement !== 'lapsed') {
    await audit(tx, { ...deed, by, action: 'enforcement-lapsed' });
  }
}
