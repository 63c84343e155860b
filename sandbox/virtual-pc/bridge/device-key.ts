import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { type PublicKey, publicKey, thumbprintInput } from '../../../contract/device.ts';
import { type DeviceId, deviceId } from '../../../contract/ids.ts';
import { type SignedStatement, statementInput } from '../../../contract/statement.ts';
import type { DurableFiles } from './durable-file.ts';

const storedKey = z.object({ privateKey: z.looseObject({ d: z.string() }), deviceSecret: z.string() });

/** Who this PC is: its P-256 key and its secret. A real bridge keeps the key in the TPM; here it is a file of its owner's only. */
export interface DeviceKey {
  id: DeviceId;
  publicKey: PublicKey;
  secret: Buffer;
  /** ECDSA P-256 with SHA-256, r‖s. */
  sign(text: string): Buffer;
}

/** The id that belongs to a public key (RFC 7638). */
export const deviceIdOf = (key: PublicKey): DeviceId =>
  deviceId.parse(createHash('sha256').update(thumbprintInput(key)).digest('base64url'));

/**
 * Reads the device's key, or makes one at the first start.
 * @throws when the file is there but unreadable: making another key would make another device of this PC unasked.
 */
export async function openDeviceKey(directory: string, files: DurableFiles): Promise<DeviceKey> {
  await files.makeDirectory(directory);
  const file = path.join(directory, 'device.json');
  const content = await files.read(file);
  const stored = content ? storedKey.parse(JSON.parse(content.toString('utf8'))) : newKey();
  if (!content) await files.replace(file, JSON.stringify(stored));
  const key = createPrivateKey({ key: stored.privateKey, format: 'jwk' });
  const ownPublicKey = publicKey.parse(stored.privateKey);
  const { kty, crv, x, y } = ownPublicKey;
  return {
    id: deviceIdOf(ownPublicKey),
    publicKey: { kty, crv, x, y },
    secret: Buffer.from(stored.deviceSecret, 'base64url'),
    sign: (text) => sign('sha256', Buffer.from(text, 'utf8'), { key, dsaEncoding: 'ieee-p1363' }),
  };
}

function newKey(): z.infer<typeof storedKey> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey: z.looseObject({ d: z.string() }).parse(privateKey.export({ format: 'jwk' })),
    deviceSecret: randomBytes(32).toString('base64url'),
  };
}

/** Signs a ticket or an anchor (contract/statement.ts). */
export function signStatement(key: DeviceKey, statement: object): SignedStatement {
  const text = JSON.stringify(statement);
  return { statement: text, signature: key.sign(statementInput(text)).toString('base64url') };
}
