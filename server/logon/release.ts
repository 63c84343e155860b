import {
  type CredentialId,
  type OtpParameters,
  SECRET_ALGORITHMS,
  type SecretAlgorithm,
  type SecretRequest,
} from '../../contract/logon.ts';
import { audit } from '../audit/audit.ts';
import { deviceSecretPurpose } from '../secrets/purposes.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import { type AccountOnDevice, type Employee, lockedEmployeeOf } from './accounts.ts';
import { takeOtp } from './check-otp.ts';
import { type Credential, credentialOf, parametersOf, secretOf } from './credentials.ts';
import { type Recipient, type SealedToDevice, sealToDevice } from './seal-to-device.ts';
import type { LogonTools } from './tools.ts';
import { granted, refused, type Verdict } from './verdict.ts';

export interface Released extends SealedToDevice {
  credential: CredentialId;
  parameters: OtpParameters;
  lastAcceptedStep: number | null;
}

/** The device that asks, as it is registered. */
export interface AskingDevice extends Pick<Recipient, 'publicKey'> {
  company: string;
  id: string;
  sealed_secret: string;
}

/**
 * Releases the OTP secret of an account to the PC that asks: because it was enrolled by that very account there, or for a fresh code of the
 * employee, which is checked here, counted and used up. Nobody who is not linked on that PC has a secret for it.
 */
export async function releaseSecret(
  { store, secrets }: LogonTools,
  device: AskingDevice,
  request: Pick<SecretRequest, 'sid' | 'code' | 'algorithms'>,
  nowMs: number,
): Promise<Verdict<Released>> {
  // Before anything is used up by it.
  const algorithm = SECRET_ALGORITHMS.find((name) => request.algorithms.includes(name));
  if (!algorithm) return refused('algorithm-unsupported', `Known are ${SECRET_ALGORITHMS.join(', ')}`);
  const account = { company: device.company, device: device.id, sid: request.sid };
  return store.transaction().execute(async (tx) => {
    const employee = await lockedEmployeeOf(tx, account);
    if (!employee) return refused('account-unlinked');
    const reason = await reasonToRelease(tx, secrets, { account, employee, code: request.code, nowMs });
    if (!reason.ok) return reason;
    const { credential, because, lastAcceptedStep } = reason.value;
    await audit(tx, {
      ...account,
      atMs: nowMs,
      by: { kind: 'device', name: device.id },
      action: 'otp-secret-released',
      employee: employee.id,
      detail: { because, algorithm, credential: credential.id },
    });
    return granted({
      credential: credential.id as CredentialId,
      parameters: parametersOf(credential),
      lastAcceptedStep,
      ...sealedFor(secrets, device, account.sid, credential, algorithm),
    });
  });
}

interface Reason {
  credential: Credential;
  because: 'enrolled-here' | 'code';
  lastAcceptedStep: number | null;
}

async function reasonToRelease(
  tx: Store,
  secrets: Secrets,
  asked: { account: AccountOnDevice; employee: Employee; code: string | undefined; nowMs: number },
): Promise<Verdict<Reason>> {
  const { account, employee, code, nowMs } = asked;
  if (code !== undefined) {
    const used = await takeOtp(tx, secrets, account, employee.id, code, nowMs);
    if (!used.ok) return used;
    const { credential, step } = used.value;
    return granted({ credential, because: 'code', lastAcceptedStep: step });
  }
  const credential = await credentialOf(tx, account.company, employee.id);
  if (!credential) return refused('otp-not-enrolled');
  const enrolledHere = credential.device === account.device && credential.sid === account.sid;
  if (!enrolledHere) return refused('code-needed');
  return granted({ credential, because: 'enrolled-here', lastAcceptedStep: credential.last_step });
}

function sealedFor(
  secrets: Secrets,
  device: AskingDevice,
  sid: string,
  credential: Credential,
  algorithm: SecretAlgorithm,
): SealedToDevice {
  const deviceSecret = secrets.open(device.sealed_secret, deviceSecretPurpose(device.id));
  const { publicKey } = device;
  const to = { device: device.id, sid, credential: credential.id, publicKey, deviceSecret };
  return sealToDevice(secretOf(secrets, credential), algorithm, to);
}
