import { z } from 'zod';
import { accessToken, base64url, companyCode, deviceId, instant } from './ids.ts';

/** What an access token makes of the device that uses it. Collectors (smarton, lanscope) may report events without a seal. */
export const deviceRole = z.enum(['client', 'smarton', 'lanscope']);
export type DeviceRole = z.infer<typeof deviceRole>;

/** A P-256 public key as a JWK (RFC 7518 §6.2.1). */
export const publicKey = z.looseObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: base64url(32),
  y: base64url(32),
});
export type PublicKey = z.infer<typeof publicKey>;

/** The JSON whose SHA-256 is a key's thumbprint and so the device's id (RFC 7638 §3.2). */
export const thumbprintInput = (key: PublicKey): string =>
  `{"crv":"${key.crv}","kty":"${key.kty}","x":"${key.x}","y":"${key.y}"}`;

/**
 * POST /v1/devices, signed with the key it brings (proof of possession). Repeating it with the same key changes
 * nothing and takes no second place of the token's limit, so an answer lost on the way does no harm.
 */
export const deviceRegistration = z.looseObject({
  company: companyCode,
  accessToken,
  publicKey,
  /** 32 random bytes of the device; the keys of `derivedKeyInfo` come from it. */
  deviceSecret: base64url(32),
  /** The computer's name, as people know it. */
  name: z.string().min(1).max(256),
  clientVersion: z.string().min(1).max(40),
});
export type DeviceRegistration = z.infer<typeof deviceRegistration>;

export const deviceRegistered = z.looseObject({
  device: deviceId,
  company: z.looseObject({ code: companyCode, name: z.string() }),
  role: deviceRole,
  serverTime: instant,
});
export type DeviceRegistered = z.infer<typeof deviceRegistered>;
