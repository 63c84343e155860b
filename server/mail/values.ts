import { z } from 'zod';
import { mailValuesPurpose } from '../secrets/purposes.ts';
import type { Secrets } from '../secrets/secrets.ts';

const person = { company: z.string(), name: z.string() };
const happened = {
  ...person,
  /** The PC's name. */
  pc: z.string(),
  atMs: z.number(),
  /** IANA name of the zone the time is written in. */
  timeZone: z.string(),
};

/** Every mail there is, with what its text is filled with. The account mail's code is the only secret any of them carries. */
export const mailValues = {
  'account-code': z.object({ ...person, code: z.string(), expiresAtMs: z.number(), timeZone: z.string() }),
  'account-linked': z.object(happened),
  'account-unlinked': z.object(happened),
  'otp-enrolled': z.object(happened),
  'otp-deleted': z.object({ ...person, atMs: z.number(), timeZone: z.string() }),
  'recovery-codes-made': z.object(happened),
  'recovery-code-used': z.object({ ...happened, left: z.number() }),
  'emergency-answered': z.object(happened),
} as const;

export type MailTemplate = keyof typeof mailValues;
export type MailValues = { [T in MailTemplate]: z.infer<(typeof mailValues)[T]> };

export const isMailTemplate = (word: string): word is MailTemplate => Object.hasOwn(mailValues, word);

/** A mail on its way holds a code: it lies in the store like any other secret. */
export const sealValues = (secrets: Secrets, mail: string, values: MailValues[MailTemplate]): string =>
  secrets.seal(Buffer.from(JSON.stringify(values)), mailValuesPurpose(mail));

/** @throws when the seal does not open or the values are not the template's. */
export function openValues<T extends MailTemplate>(
  secrets: Secrets,
  mail: string,
  template: T,
  sealed: string,
): MailValues[T] {
  const text = Buffer.from(secrets.open(sealed, mailValuesPurpose(mail))).toString();
  return mailValues[template].parse(JSON.parse(text)) as MailValues[T];
}
