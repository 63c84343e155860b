import { audit } from '../audit/audit.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import type { AccountOnDevice } from './accounts.ts';
import { clearFailures, countFailure, otpSubjects, refuseIfBraked } from './attempts.ts';
import { acceptStep, type Credential, credentialOf, parametersOf, secretOf } from './credentials.ts';
import { matchOtp } from './otp.ts';
import { granted, refused, type Verdict } from './verdict.ts';

/**
 * Checks a one-time password that an employee typed on a device, and uses it up: no code of its step or before is taken again, here or on
 * any PC that asks. In a transaction that holds the employee's row, so that of two equal codes at one moment one is `otp-used`.
 *
 * What is no code at all, and a used one, are not counted as guesses.
 */
export async function takeOtp(
  tx: Store,
  secrets: Secrets,
  account: AccountOnDevice,
  employee: string,
  typed: string,
  nowMs: number,
): Promise<Verdict<{ credential: Credential; step: number }>> {
  const { company, device, sid } = account;
  const credential = await credentialOf(tx, company, employee);
  if (!credential) return refused('otp-not-enrolled');
  const subjects = otpSubjects({ company, device, employee });
  const braked = await refuseIfBraked(tx, company, subjects, nowMs);
  if (!braked.ok) return braked;

  const secret = secretOf(secrets, credential);
  const when = { nowMs, lastStep: credential.last_step };
  const result = matchOtp(secret, parametersOf(credential), typed, when);
  if (result.match !== 'fresh') {
    if (result.match === 'malformed') return refused('otp-wrong', 'This is not a code');
    if (result.match === 'used') return refused('otp-used');
    const { turnedOff } = await countFailure(tx, company, subjects, nowMs);
    if (turnedOff) {
      const by = { kind: 'device' as const, name: device };
      await audit(tx, { company, atMs: nowMs, by, action: 'codes-off', employee, device, sid });
    }
    return refused('otp-wrong');
  }
  await acceptStep(tx, credential, result.step);
  await clearFailures(tx, company, subjects);
  return granted({ credential, step: result.step });
}
