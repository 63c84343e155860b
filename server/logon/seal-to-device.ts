import {
  createCipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import type { PublicKey } from '../../contract/device.ts';
import { derivedKeyInfo } from '../../contract/event.ts';
import { agreementInfo, type SecretAlgorithm, secretContext } from '../../contract/logon.ts';

const KEY_BYTES = 32;
const IV_BYTES = 12;

/** To whom and for what a secret is encrypted. */
export interface Recipient {
  device: string;
  sid: string;
  credential: string;
  /** The key it is encrypted to, read and found to be on the curve. */
  publicKey: PublicKey;
  /** The 32 bytes the device registered with. */
  deviceSecret: Uint8Array;
}

export interface SealedToDevice {
  algorithm: SecretAlgorithm;
  ephemeralKey?: PublicKey;
  iv: string;
  ciphertext: string;
}

/** Encrypts a secret so that TLS is not all that keeps it. One entry an algorithm: a new one is a new name here and in the contract. */
const keysFor: Record<SecretAlgorithm, (to: Recipient) => { key: Uint8Array; ephemeralKey?: PublicKey }> = {
  'ecdh-p256+hkdf-sha256+a256gcm': agreedKey,
  'device-secret+hkdf-sha256+a256gcm': ({ deviceSecret }) => ({
    key: derive(deviceSecret, derivedKeyInfo.vault()),
  }),
};

/** Encrypts a secret to a device, as contract/logon.ts lays down for the algorithm. */
export function sealToDevice(secret: Uint8Array, algorithm: SecretAlgorithm, to: Recipient): SealedToDevice {
  const { key, ephemeralKey } = keysFor[algorithm](to);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(secretContext({ ...to, algorithm })));
  const sealed = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  return {
    algorithm,
    ...(ephemeralKey && { ephemeralKey }),
    iv: iv.toString('base64url'),
    ciphertext: sealed.toString('base64url'),
  };
}

/** A key is agreed anew for each secret; our half of it is forgotten at once. */
function agreedKey({ publicKey }: Recipient) {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
  const ephemeralKey: PublicKey = { kty: 'EC', crv: 'P-256', x, y };
  const theirs = createPublicKey({
    key: { kty: 'EC', crv: 'P-256', x: publicKey.x, y: publicKey.y },
    format: 'jwk',
  });
  const shared = diffieHellman({ privateKey: pair.privateKey, publicKey: theirs });
  return { key: derive(shared, agreementInfo(ephemeralKey, publicKey)), ephemeralKey };
}

const derive = (material: Uint8Array, info: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', material, '', info, KEY_BYTES));
