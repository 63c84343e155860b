import { generateSync } from 'otplib';

/** What a QR code of `otpauth://totp/…` says. */
export interface Otpauth {
  issuer: string;
  accountName: string;
  /** Base32. */
  secret: string;
  algorithm: 'sha1' | 'sha256' | 'sha512';
  digits: 6 | 8;
  periodSeconds: number;
}

const ALGORITHMS = ['sha1', 'sha256', 'sha512'] as const;

/** Null for anything that is not the address of a TOTP secret. */
export function readOtpauth(uri: string): Otpauth | null {
  const [, label, query] = /^otpauth:\/\/totp\/([^?]*)\?(.*)$/i.exec(uri) ?? [];
  if (label === undefined || query === undefined) return null;
  const said = new URLSearchParams(query);
  const secret = said.get('secret')?.replaceAll(' ', '').toUpperCase() ?? '';
  if (!/^[A-Z2-7]+=*$/.test(secret)) return null;
  const name = decodeURIComponent(label);
  const colon = name.indexOf(':');
  const asked = (said.get('algorithm') ?? 'sha1').toLowerCase();
  const algorithm = ALGORITHMS.find((known) => known === asked);
  const periodSeconds = Number(said.get('period') ?? 30);
  if (!algorithm || !(periodSeconds > 0)) return null;
  return {
    issuer: said.get('issuer') ?? name.slice(0, Math.max(0, colon)),
    accountName: name.slice(colon + 1).trim(),
    secret,
    algorithm,
    digits: said.get('digits') === '8' ? 8 : 6,
    periodSeconds,
  };
}

/** The code of an instant (RFC 6238), and how long it still stands on the screen. */
export function codeAt(
  { secret, algorithm, digits, periodSeconds }: Otpauth,
  atMs: number,
): { code: string; secondsLeft: number } {
  const epoch = Math.floor(atMs / 1_000);
  const code = generateSync({ secret, algorithm, digits, period: periodSeconds, epoch });
  return { code, secondsLeft: periodSeconds - (epoch % periodSeconds) };
}

/** As an authenticator app shows it: `123 456`. */
export const spacedCode = (code: string): string =>
  `${code.slice(0, code.length / 2)} ${code.slice(code.length / 2)}`;
