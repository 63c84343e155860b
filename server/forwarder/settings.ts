/** How a group's punches are forwarded, completed and resolved for one employee and workday. */
export interface ForwardingSettings {
  /** Send each later 退勤 at once. Only with `overwriteConfirmed`. */
  atOnce: boolean;
  /** The administrator states that the service's 退勤打刻の自動上書き is on. */
  overwriteConfirmed: boolean;
  /** 出勤 waits for a read that shows no 出勤 by another recorder. */
  otherRecorders: boolean;
  /** Send what would be held as 要確認, as the vendor's own product does. */
  vendorCompatible: boolean;
  /** How a punch outside JST is written. */
  foreignTime: 'instant' | 'wall';
  /** IANA name of the group's zone. */
  timeZone: string;
  /** Whether a session may stay with the workday it began in. */
  carryOver: boolean;
}

/** Whoever knows the history of settings answers with those in force on that workday. */
export type ForwardingFor = (
  company: string,
  employee: string,
  date: string,
) => ForwardingSettings | Promise<ForwardingSettings>;

/** Both statements are needed: without the overwriting a second 退勤 makes an エラー勤務. */
export const sendsOutAtOnce = ({ atOnce, overwriteConfirmed }: ForwardingSettings): boolean =>
  atOnce && overwriteConfirmed;

/** How patient the forwarder is, in milliseconds. */
export interface Timing {
  /** A 退勤 sent at once waits this long for a later one. */
  debounceMs: number;
  /** For an answer of the attendance service. */
  requestTimeoutMs: number;
  /** Between a request without an answer and the read that settles it: a late request must have landed by then. */
  verifyAfterMs: number;
  backoffBaseMs: number;
  backoffCapMs: number;
  /** After a workday's end before its punches are checked for 締め first. */
  closingCheckAfterMs: number;
}

export const ordinaryTiming: Timing = {
  debounceMs: 60_000,
  requestTimeoutMs: 30_000,
  verifyAfterMs: 120_000,
  backoffBaseMs: 5_000,
  backoffCapMs: 15 * 60_000,
  closingCheckAfterMs: 24 * 3_600_000,
};
