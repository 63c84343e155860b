import { audit } from '../audit/audit.ts';
import { notifyEmployee, pcName } from '../mail/notify.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import type { AccountOnDevice, Employee } from './accounts.ts';
import { forgiveOtpFailures } from './attempts.ts';
import { burnRecoveryCode } from './recovery.ts';

/**
 * A recovery code was used, here or at a logon screen: it is burned, its owner is told, and wrong codes before it are forgiven. Hearing of it
 * again does nothing.
 */
export async function recoveryCodeUsed(
  tx: Store,
  secrets: Secrets,
  { company, device, sid }: AccountOnDevice,
  employee: Employee,
  { id, by, atMs }: { id: string; by: 'employee' | 'device'; atMs: number },
): Promise<void> {
  const left = await burnRecoveryCode(tx, { company, employee: employee.id, id }, { device, atMs });
  if (left === null) return;
  await forgiveOtpFailures(tx, company, employee.id);
  const actor = { kind: by, name: by === 'employee' ? sid : device };
  await audit(tx, {
    company,
    atMs,
    by: actor,
    action: 'recovery-code-used',
    employee: employee.id,
    device,
    sid,
    detail: { code: id, left },
  });
  const values = { pc: await pcName(tx, company, device), atMs, left };
  const notice = { template: 'recovery-code-used', eventKey: `recovery-code-used/${id}`, values } as const;
  await notifyEmployee(tx, secrets, employee, notice, atMs);
}
