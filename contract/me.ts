import { z } from 'zod';
import { account, instant, workdayDate } from './ids.ts';

/** What becomes of a punch, in the order it usually goes through. */
export const punchState = z.enum([
  /** Known, not yet due: a 退勤 of a day that is still running. */
  'provisional',
  'waiting',
  'sent',
  /** 要確認: an administrator decides. */
  'held',
  /** Sent, but whether it arrived is not known yet. */
  'unverified',
  'failed',
  /** No longer part of the day; never sent. */
  'withdrawn',
]);
export type PunchState = z.infer<typeof punchState>;

/** Why a punch is `held`. A reader must take codes it does not know. */
export const HOLD_REASONS = [
  /** 出勤 made by a log that ends use, such as a lock. */
  'in-by-end',
  /** 退勤 made by a log that begins use, such as an unlock. */
  'out-by-begin',
  /** The session ended abnormally: when it did is not known. */
  'abnormal-end',
  /** Not every source has reported past the border, and the grace is over. */
  'unsettled',
  /** Something of the day was sent already, and now the day says otherwise. */
  'changed-after-sending',
  /** Abroad, written as wall time, it would read like another punch of the hour that comes twice. */
  'same-wall-time',
  /** The workday is closed (締め) in the attendance service. */
  'closed-period',
  /** Another recorder's punch stands where this one would. */
  'other-recorder',
] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

export const punchKind = z.enum(['in', 'out', 'break-start', 'break-end']);
export type PunchKind = z.infer<typeof punchKind>;

/** GET /v1/me: everything the client needs to show the person their day. */
export const me = z.looseObject({
  account,
  /** Null while this Windows account on this device is linked to nobody. */
  employee: z
    .looseObject({
      code: z.string(),
      lastName: z.string(),
      firstName: z.string(),
      group: z.string().nullable(),
    })
    .nullable(),
  settings: z.looseObject({
    timeZone: z.string(),
    dayBorder: z.string(),
    /** BCP 47 tag of the group's language. */
    language: z.string(),
  }),
  today: z.looseObject({
    date: workdayDate,
    in: instant.nullable(),
    out: instant.nullable(),
    breaks: z.array(z.looseObject({ start: instant, end: instant })),
    flags: z.array(z.string()),
    punches: z.array(
      z.looseObject({
        kind: punchKind,
        at: instant,
        state: punchState,
        /** A code of `HOLD_REASONS`, or a newer one, for a `held` punch; null for others, and where it is not known. */
        reason: z.string().nullable().default(null),
      }),
    ),
  }),
  status: z.looseObject({
    /** The newest event of this account the server holds, as placed in true time. */
    lastEventAt: instant.nullable(),
    /** Findings open against this device, such as `missing-records`. */
    findings: z.array(z.string()),
  }),
  serverTime: instant,
});
export type Me = z.infer<typeof me>;
