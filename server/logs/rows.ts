/** Takes an accepted event apart into the columns of its log. Pure. */
import type { LogTable } from '../store/schema.ts';
import type { AcceptedEvent } from './reading.ts';
import type { Reporter } from './types.ts';

export interface Placing {
  placed_at: number | null;
  placement: 'anchored' | 'believed' | 'reported' | 'uncertain';
  clock_corrected: 0 | 1;
}

/** Kinds that, recorded for the machine, end or find lost every session on it. */
export const DEVICE_KINDS: ReadonlySet<string> = new Set(['startup', 'shutdown']);

/** A log but for its place in true time. */
export type DraftLog = Omit<LogTable, keyof Placing>;

/** @param receivedAtMs when the server took the event */
export function draftLog(
  item: AcceptedEvent,
  reporter: Reporter,
  employee: string | null,
  receivedAtMs: number,
): DraftLog {
  const { event } = item;
  return {
    company: reporter.company,
    id: event.id,
    device: reporter.device,
    kind: event.kind,
    wall_at: Date.parse(event.occurredAt),
    time_zone: columnText(event.timeZone),
    initiator: event.initiator,
    reason: event.reason,
    source: event.source,
    account_name: accountNameOf(item),
    employee,
    received_at: receivedAtMs,
    ip: reporter.ip,
    client_version: columnText(reporter.clientVersion),
    ...ownColumns(item),
  };
}

function ownColumns(item: AcceptedEvent) {
  if (item.type === 'collected') {
    const { computer } = item.event;
    return {
      journal: null,
      sequence: null,
      previous_mac: null,
      mac: null,
      record: JSON.stringify(item.event),
      sid: null,
      account_domain: null,
      // A collector speaks for many PCs: the PC is what a person's use begins and ends on.
      session: computer === null ? null : columnText(computer),
      auth_method: null,
      boot_id: null,
      uptime_ms: null,
    };
  }
  const { event, sealed } = item;
  return {
    journal: event.journal,
    sequence: event.sequence,
    previous_mac: sealed.previousMac,
    mac: sealed.mac,
    record: sealed.record,
    sid: event.account?.sid ?? null,
    account_domain: event.account === null ? null : columnText(event.account.domain),
    session: event.session === null ? null : columnText(event.session),
    auth_method: event.authMethod === null ? null : columnText(event.authMethod),
    boot_id: event.clock.bootId,
    uptime_ms: event.clock.uptimeMs,
  };
}

/** The name the account column shows: the Windows account's, or the outside system's service account. */
export function accountNameOf(item: AcceptedEvent): string | null {
  if (item.type === 'collected') return columnText(item.event.serviceAccount);
  return item.event.account === null ? null : columnText(item.event.account.name);
}

/** PostgreSQL takes neither NUL nor half a surrogate pair in a text; the record itself keeps them, escaped. */
function columnText(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
