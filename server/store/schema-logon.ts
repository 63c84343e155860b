/** The tables of logon, its administration and mail. The same rules as in schema.ts. */
import type { OtpParameters } from '../../contract/logon.ts';

type Instant = number;
type Flag = 0 | 1;

/** What lets an account be linked and a first OTP be enrolled. Only the hash is kept. */
export interface OneTimeCodeTable {
  company: string;
  id: string;
  employee: string;
  code_hash: string;
  issued_at: Instant;
  expires_at: Instant;
  used_at: Instant | null;
  /** Which account on which PC used it. */
  used_device: string | null;
  used_sid: string | null;
  /** A newer one took its place, or an administrator deleted the credentials. */
  voided_at: Instant | null;
}

/** An account that has proved itself may start enrolments for a while, as often as it takes. */
export interface EnrolmentGrantTable {
  company: string;
  device: string;
  sid: string;
  employee: string;
  /** `first`: only while nothing is enrolled; `again`: also in place of what is. */
  kind: 'first' | 'again';
  expires_at: Instant;
}

interface OtpColumns {
  company: string;
  employee: string;
  /** The account and PC it is or was enrolled on. */
  device: string;
  sid: string;
  sealed_secret: string;
  algorithm: OtpParameters['algorithm'];
  digits: OtpParameters['digits'];
  period_seconds: OtpParameters['periodSeconds'];
}

/** An enrolment that waits for its first code; one an employee. */
export interface OtpEnrolmentTable extends OtpColumns {
  credential: string;
  failures: number;
  expires_at: Instant;
}

/** The OTP secret of an employee. */
export interface OtpCredentialTable extends OtpColumns {
  id: string;
  enrolled_at: Instant;
  /** No code of this step or before is taken. */
  last_step: number | null;
  /** Of the recovery codes; 16 bytes, base64url. */
  recovery_salt: string;
}

export interface RecoveryCodeTable {
  company: string;
  employee: string;
  /** First 16 bytes of the hash. */
  id: string;
  hash: string;
  used_at: Instant | null;
  used_device: string | null;
}

/** Failures in a row. Whose: `otp` an employee's, on one device or ('') on all; `code` one-time codes, of a device or the company. */
export interface AttemptTable {
  company: string;
  kind: 'otp' | 'code';
  employee: string;
  device: string;
  failures: number;
  failed_at: Instant;
  off_at: Instant | null;
}

/** Logon settings of a group; `group_id` '' holds the company's rules. They hold at once. JSON. */
export interface LogonSettingsTable {
  company: string;
  group_id: string;
  settings: string;
  changed_at: Instant;
}

/** Numbers that only grow, by which PCs know that something is to be deleted or forgiven. */
export interface LogonEpochTable {
  company: string;
  employee: string;
  sealed_password: number;
  forgiven: number;
}

/** How a PC last said an account stands there. */
export interface DeviceAccountTable {
  company: string;
  device: string;
  sid: string;
  enforcement: string;
  codes_off: Flag;
  reported_at: Instant;
}

/** Who did what to whom. Rows are added and never changed. */
export interface AuditTable {
  company: string;
  id: string;
  at: Instant;
  actor_kind: 'administrator' | 'employee' | 'device';
  actor: string;
  action: string;
  employee: string | null;
  device: string | null;
  sid: string | null;
  /** JSON. */
  detail: string;
}

/** Mails to send, and what became of them. */
export interface MailTable {
  company: string;
  id: string;
  /** Names the event it tells of: one mail an event. */
  event_key: string;
  template: string;
  recipient: string;
  language: string;
  /** What the template is filled with, sealed; '' once it is sent or given up. */
  sealed_values: string;
  state: 'waiting' | 'sending' | 'sent' | 'failed';
  attempts: number;
  /** When it is due; while sending, when another worker may take it over. */
  not_before: Instant;
  /** Not sent after this. */
  expires_at: Instant;
  last_problem: string | null;
  created_at: Instant;
  changed_at: Instant;
}

export interface LogonDatabase {
  one_time_codes: OneTimeCodeTable;
  enrolment_grants: EnrolmentGrantTable;
  otp_enrolments: OtpEnrolmentTable;
  otp_credentials: OtpCredentialTable;
  recovery_codes: RecoveryCodeTable;
  attempts: AttemptTable;
  logon_settings: LogonSettingsTable;
  logon_epochs: LogonEpochTable;
  device_accounts: DeviceAccountTable;
  audit: AuditTable;
  mails: MailTable;
}
