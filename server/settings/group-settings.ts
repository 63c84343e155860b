import { IANAZone } from 'luxon';
import { z } from 'zod';

const minutes = z
  .number()
  .int()
  .positive()
  .max(24 * 60);

/**
 * A group's settings as they are stored: every part may be missing and is then the company's, and after that the default.
 * They hold from a workday on and never change a day that has begun.
 */
export const storedSettings = z.object({
  /** IANA name. */
  timeZone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), 'not an IANA time zone')
    .optional(),
  /** `HH:MM`. Group > division > company > 00:00. */
  dayBorder: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .optional(),
  /** BCP 47 tag. */
  language: z.string().optional(),
  /** 休憩打刻. Lock and logoff may have their own minimum. */
  breaks: z
    .object({
      enabled: z.boolean(),
      minimumMinutes: minutes.optional(),
      lockMinimumMinutes: minutes.optional(),
      logoffMinimumMinutes: minutes.optional(),
    })
    .optional(),
  carryOver: z.boolean().optional(),
  /** `in-only` is 出勤のみ. */
  punches: z.enum(['both', 'in-only']).optional(),
  forwarding: z
    .object({
      /** Send each later 退勤 at once. Only with `overwriteConfirmed`. */
      atOnce: z.boolean().optional(),
      /** The administrator states that the service's 退勤打刻の自動上書き is on. */
      overwriteConfirmed: z.boolean().optional(),
      /** 出勤 waits for a read that shows no 出勤 by another recorder. */
      otherRecorders: z.boolean().optional(),
      /** Send what would be held as 要確認, as the vendor's own product does. */
      vendorCompatible: z.boolean().optional(),
      /** How a punch outside JST is written: the true instant in JST, or the local wall time as if it were JST. */
      foreignTime: z.enum(['instant', 'wall']).optional(),
    })
    .optional(),
});
export type StoredSettings = z.infer<typeof storedSettings>;
