/**
 * The tables, as Kysely types. Every row belongs to a company and every query names it. Instants are milliseconds since 1970
 * (integers), workdays `YYYY-MM-DD`, booleans 0 or 1, JSON is text: the same in SQLite and PostgreSQL.
 */
import type { DeviceRole } from '../../contract/device.ts';
import type { PunchKind } from '../../contract/me.ts';
import type { LogonDatabase } from './schema-logon.ts';

type Instant = number;
type Flag = 0 | 1;

export interface CompanyTable {
  /** A UUID; `code` is what people type. */
  id: string;
  code: string;
  name: string;
  created_at: Instant;
}

/** Settings in force from a workday on; `group_id` '' holds the company's own, with which a group's are completed. */
export interface SettingsTable {
  company: string;
  group_id: string;
  /** First workday they hold for; '' for "since ever". */
  effective_from: string;
  /** Partial group settings, JSON. */
  settings: string;
}

export interface GroupTable {
  company: string;
  id: string;
  name: string;
}

/** A division (所属) of the attendance service. */
export interface DivisionTable {
  company: string;
  code: string;
  name: string;
  day_border: string;
}

export interface EmployeeTable {
  company: string;
  /** The attendance service's own unchanging key, never the code. */
  id: string;
  code: string;
  last_name: string;
  first_name: string;
  division_code: string | null;
  group_id: string | null;
  /** The one source this employee's punches come from: client, smarton, lanscope, malion, senselink. */
  source: string;
  hired_on: string | null;
  removed_at: Instant | null;
  /** Where account mails go. */
  mail: string | null;
}

/** アクセストークン. Only its SHA-256 is kept. */
export interface AccessTokenTable {
  company: string;
  id: string;
  token_hash: string;
  role: DeviceRole;
  expires_at: Instant | null;
  device_limit: number;
  revoked_at: Instant | null;
}

export interface DeviceTable {
  company: string;
  id: string;
  name: string;
  role: DeviceRole;
  /** JWK, JSON. */
  public_key: string;
  /** The device secret, sealed under the master key. */
  sealed_secret: string;
  access_token: string;
  client_version: string;
  registered_at: Instant;
  retired_at: Instant | null;
  last_seen_at: Instant;
}

/** 紐づけ: one Windows account on one PC is one employee. */
export interface LinkTable {
  company: string;
  device: string;
  sid: string;
  employee: string;
  linked_at: Instant;
}

export interface JournalTable {
  company: string;
  device: string;
  id: string;
  /** Every record from 1 to here is held; `contiguous_mac` is that record's. */
  contiguous_sequence: number;
  contiguous_mac: string;
  /** The highest head the device itself has stated. */
  head_sequence: number;
  head_mac: string;
  /** When that head was stated, by the server's clock; null while none was. */
  head_at: Instant | null;
  /** The head the device stated last, wherever it lies, and the server's clock when it did at the earliest. */
  stated_sequence: number;
  stated_at: Instant | null;
  /** The latest such time of a head that was held when it, or one after it, was stated; null while there is none. */
  complete_at: Instant | null;
  first_seen_at: Instant;
}

/** An event as stored: the record as it was sealed, taken apart for queries, with what the server adds. */
export interface LogTable {
  company: string;
  id: string;
  device: string;
  /** Null for collected events, with `sequence`, `mac` and `previous_mac`. */
  journal: string | null;
  sequence: number | null;
  previous_mac: string | null;
  mac: string | null;
  /** The JSON text as it came. */
  record: string;
  kind: string;
  wall_at: Instant;
  time_zone: string;
  sid: string | null;
  /** The account's name, or the outside system's service account. */
  account_name: string | null;
  account_domain: string | null;
  session: string | null;
  initiator: 'user' | 'system';
  reason: string | null;
  auth_method: string | null;
  source: string;
  boot_id: string | null;
  uptime_ms: number | null;
  /** True time as last placed; null while time-uncertain. */
  placed_at: Instant | null;
  /** `anchored`, `believed` (time-unverified), `reported` (a collector's word) or `uncertain`. */
  placement: string;
  /** Moved by more than two minutes from the PC's wall clock. */
  clock_corrected: Flag;
  /** Null while linked to nobody. */
  employee: string | null;
  received_at: Instant;
  ip: string;
  client_version: string;
}

/** A signed answer to a nonce: where a clock run stood at a true time, and where the journal ended then. */
export interface AnchorTable {
  company: string;
  device: string;
  boot_id: string;
  uptime_ms: number;
  server_at: Instant;
  /** Half the time between nonce and answer. */
  accuracy_ms: number;
  journal: string;
  head_sequence: number;
}

/** 記録欠落 and the like: what is wrong with a device's records. `evidence` keeps what was refused. */
export interface FindingTable {
  company: string;
  id: string;
  device: string;
  journal: string | null;
  /** missing-records, sequence-reused, chain-broken, id-reused, head-fell-back, journal-replaced */
  kind: string;
  sequence: number | null;
  evidence: string | null;
  found_at: Instant;
  closed_at: Instant | null;
}

/** Employees whose workdays must be computed again, because something from `from_at` on changed. */
export interface DirtyTable {
  company: string;
  employee: string;
  from_at: Instant;
  /** Grows with every change, so that a recomputation clears only what it saw. */
  revision: number;
}

export interface WorkdayTable {
  company: string;
  employee: string;
  date: string;
  /** The border that closes it. */
  ends_at: Instant;
  in_at: Instant | null;
  in_log: string | null;
  out_at: Instant | null;
  out_log: string | null;
  /** `[[start, end], …]` in milliseconds, JSON. */
  breaks: string;
  /** Sorted, JSON. */
  flags: string;
  /** Until then a log yet to come may be carried into this workday, and nothing after its border is a 出勤; null when none may. */
  carry_open_until: Instant | null;
  computed_at: Instant;
}

/** What a workday says should stand in the attendance service. Derived; replaced whenever the day is computed anew. */
export interface PunchTable {
  company: string;
  employee: string;
  date: string;
  kind: PunchKind;
  at: Instant;
  /** The log it rests on. */
  log: string;
  /** Reason for 要確認, null when it may go: in-by-end, out-by-begin, abnormal-end. */
  hold: string | null;
}

/** Workdays that came out differently and have not been looked at by the forwarder since. */
export interface UnplannedTable {
  company: string;
  employee: string;
  date: string;
}

/** Planned workdays about which time alone may still change something. */
export interface OpenDayTable {
  company: string;
  employee: string;
  date: string;
  /** When the forwarder plans it again at the latest. */
  look_at: Instant;
  planned_at: Instant;
}

/** The forwarder's own ledger: what was, is being, or will be registered with the attendance service. Never deleted. */
export interface OutboxTable {
  company: string;
  id: string;
  employee: string;
  date: string;
  kind: PunchKind;
  at: Instant;
  /** waiting, sending, sent, unverified, held, failed, withdrawn */
  state: string;
  hold: string | null;
  attempts: number;
  not_before: Instant;
  last_problem: string | null;
  /** When a read showed that a punch sent without an answer had not arrived: it goes once more, and never again. */
  verified_absent_at: Instant | null;
  created_at: Instant;
  changed_at: Instant;
}

/** Something only a person can put right: a punch that stands wrongly in the attendance service. */
export interface TaskTable {
  company: string;
  id: string;
  employee: string;
  date: string;
  /** earlier-in, changed-after-sending, closed-period, not-arrived, abnormal-end, unsettled, other-recorder */
  kind: string;
  detail: string;
  created_at: Instant;
  closed_at: Instant | null;
}

/** 連携ログ: one row an attempt. */
export interface ForwardRunTable {
  company: string;
  id: string;
  /** register, read, check */
  operation: string;
  employee: string | null;
  date: string | null;
  kind: string | null;
  started_at: Instant;
  ended_at: Instant;
  /** success, refused, deferred, unknown */
  outcome: string;
  http_status: number | null;
  code: string | null;
  message: string | null;
}

/** How a company reaches its attendance service. */
export interface AttendanceServiceTable {
  company: string;
  base_url: string;
  /** API token, sealed under the master key. */
  sealed_token: string;
  enabled: Flag;
  /** First workday to forward, so that switching it on does not send the past; null for all there are. */
  forward_from: string | null;
}

export interface SessionTable {
  company: string;
  token_hash: string;
  device: string;
  sid: string;
  client_version: string;
  created_at: Instant;
  expires_at: Instant;
}

/** Nonces that were used, until they would have expired anyway. Not a company's: a nonce is used before we know whose it is. */
export interface UsedNonceTable {
  nonce: string;
  expires_at: Instant;
}

export interface Database extends LogonDatabase {
  companies: CompanyTable;
  settings: SettingsTable;
  groups: GroupTable;
  divisions: DivisionTable;
  employees: EmployeeTable;
  access_tokens: AccessTokenTable;
  devices: DeviceTable;
  links: LinkTable;
  journals: JournalTable;
  logs: LogTable;
  anchors: AnchorTable;
  findings: FindingTable;
  dirty: DirtyTable;
  workdays: WorkdayTable;
  punches: PunchTable;
  unplanned: UnplannedTable;
  open_days: OpenDayTable;
  outbox: OutboxTable;
  tasks: TaskTable;
  forward_runs: ForwardRunTable;
  attendance_services: AttendanceServiceTable;
  sessions: SessionTable;
  used_nonces: UsedNonceTable;
}
