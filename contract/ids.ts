import { z } from 'zod';

/** Base64url without padding (RFC 4648 §5), `bytes` long when given. */
export const base64url = (bytes?: number) =>
  bytes === undefined
    ? z.string().regex(/^[A-Za-z0-9_-]*$/)
    : z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$`));

/** An event is named where it is captured, by a UUIDv7 (RFC 9562), so that a replay is recognised everywhere. */
export const eventId = z.uuidv7().brand<'EventId'>();
export type EventId = z.infer<typeof eventId>;

/**
 * A device is named by its key: the RFC 7638 thumbprint (SHA-256, base64url) of its P-256 public key. It is known before
 * the device ever reached the server, and registering twice is the same as registering once.
 */
export const deviceId = base64url(32).brand<'DeviceId'>();
export type DeviceId = z.infer<typeof deviceId>;

/** One journal file of a bridge. A journal that had to be begun anew has a new id, never an old one with gaps. */
export const journalId = z.uuid().brand<'JournalId'>();
export type JournalId = z.infer<typeof journalId>;

/** One clock run: renewed at every boot and every resume. */
export const bootId = z.uuid().brand<'BootId'>();
export type BootId = z.infer<typeof bootId>;

/** A Windows security identifier in its string form. */
export const sid = z
  .string()
  .regex(/^S-1-\d+(-\d+){1,15}$/)
  .brand<'Sid'>();
export type Sid = z.infer<typeof sid>;

/** 企業コード: the first 3 or 6 characters of the company's log-in ids. */
export const companyCode = z.string().regex(/^(?:[0-9A-Za-z]{3}|[0-9A-Za-z]{6})$/);

/** アクセストークン: 32 alphanumerics handed out by the company's administrator. It can do nothing but create a device. */
export const accessToken = z.string().regex(/^[0-9A-Za-z]{32}$/);

/** HMAC-SHA-256 value, base64url. */
export const mac = base64url(32);

/** ECDSA P-256 signature in the IEEE P1363 form (r‖s, 64 bytes), base64url. */
export const signature = base64url(64);

/** A server's challenge; opaque to everybody else, good for one use within its life. */
export const nonce = z.string().min(16).max(256);

/** An instant: RFC 3339 in UTC with milliseconds. */
export const instant = z.iso.datetime({ precision: 3 });

/** A workday: the local date its day border begins on. */
export const workdayDate = z.iso.date();

/** A Windows account as the bridge knows it. Identity is the SID; the names are for people. */
export const account = z.looseObject({
  sid,
  domain: z.string().max(256),
  name: z.string().max(256),
});
export type Account = z.infer<typeof account>;

/** Where an instant lies in a clock run: unbiased milliseconds since the run began. */
export const clockReading = z.looseObject({
  bootId,
  uptimeMs: z.number().int().nonnegative(),
});
export type ClockReading = z.infer<typeof clockReading>;
