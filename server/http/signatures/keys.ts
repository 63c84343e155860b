import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type PublicKey, publicKey, thumbprintInput } from '../../../contract/device.ts';
import type { DeviceId } from '../../../contract/ids.ts';

/**
 * Reads a device's key. Base64url leaves spare bits in the last character, so one key could be spelt several ways, each
 * with its own thumbprint: only the spelling the key itself exports is taken, so that one key is one device.
 *
 * @returns null when it is no point of P-256 or spelt otherwise.
 */
export function readPublicKey(jwk: PublicKey): KeyObject | null {
  const { kty, crv, x, y } = jwk;
  try {
    const key = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
    const exported = key.export({ format: 'jwk' });
    return exported.x === x && exported.y === y ? key : null;
  } catch {
    return null;
  }
}

/** A key as the store holds it: the JSON of a JWK that `readPublicKey` took before. */
export function storedPublicKey(json: string): KeyObject {
  const key = readPublicKey(publicKey.parse(JSON.parse(json)));
  if (!key) throw new Error('A stored device key cannot be read');
  return key;
}

/** RFC 7638 thumbprint: the device's id. */
export const thumbprint = (key: PublicKey): DeviceId =>
  createHash('sha256').update(thumbprintInput(key)).digest('base64url') as DeviceId;

/** ECDSA P-256 with SHA-256 over the UTF-8 bytes of `text`; the signature is r‖s (RFC 9421 §3.3.4). */
export const verifySignature = (key: KeyObject, text: string, signature: Uint8Array): boolean =>
  verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, signature);
