import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Seals what the database must not show: AES-256-GCM under a master key that lives outside the database. */
export interface Secrets {
  /**
   * @param purpose what the secret is and whose (`device-secret/<device>`); bound to the seal, so that a sealed value copied
   * to another row does not open there.
   */
  seal(plain: Uint8Array, purpose: string): string;
  /** @throws when the seal is damaged, was made for another purpose, or its master key is not here. */
  open(sealed: string, purpose: string): Uint8Array;
  /** Whether it was sealed under the newest master key. */
  isCurrent(sealed: string): boolean;
}

/** A master key: 32 bytes under a name that is written into every seal, so that keys can be rotated. */
export interface MasterKey {
  id: string;
  key: Uint8Array;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * @param keys newest first: the first seals, all open.
 */
export function createSecrets(keys: readonly [MasterKey, ...MasterKey[]]): Secrets {
  return {
    isCurrent: (sealed) => sealed.startsWith(`${keys[0].id}.`),
    seal(plain, purpose) {
      const [{ id, key }] = keys;
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      return `${id}.${sealed.toString('base64url')}`;
    },
    open(sealed, purpose) {
      const dot = sealed.indexOf('.');
      const master = keys.find(({ id }) => id === sealed.slice(0, dot));
      if (!master) throw new Error('The master key this secret was sealed with is not configured');
      const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', master.key, bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
    },
  };
}
