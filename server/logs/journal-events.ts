/** A journal's events as placing looks at them, whether stored or about to be. */
import type { EventSource } from '../punches/logs.ts';
import type { EventTime, RawEvent } from '../punches/place.ts';
import type { Store } from '../store/store.ts';
import type { DeviceScope } from './findings.ts';
import type { DraftLog, Placing } from './rows.ts';

export interface JournalEvent {
  id: string;
  journal: string;
  sequence: number;
  bootId: string;
  uptimeMs: number;
  wallAt: number;
  receivedAt: number;
  kind: string;
  source: string;
  /** Null for what concerns the machine. */
  sid: string | null;
  employee: string | null;
  /** Where it stands in the store; null for one that is not stored yet. */
  current: Placing | null;
}

/** An event that stands elsewhere than before. */
export interface Move {
  event: JournalEvent;
  to: Placing;
}

/** The drafts that came out of a journal. */
export function journalEvents(drafts: readonly DraftLog[]): JournalEvent[] {
  return drafts.flatMap((draft) => fromColumns({ ...draft, current: null }));
}

type Columns = Pick<
  DraftLog,
  | 'id'
  | 'journal'
  | 'sequence'
  | 'boot_id'
  | 'uptime_ms'
  | 'wall_at'
  | 'received_at'
  | 'kind'
  | 'source'
  | 'sid'
  | 'employee'
>;

function fromColumns(row: Columns & { current: Placing | null }): JournalEvent[] {
  const { journal, sequence, boot_id, uptime_ms } = row;
  if (journal === null || sequence === null || boot_id === null || uptime_ms === null) return [];
  return [
    {
      id: row.id,
      journal,
      sequence,
      bootId: boot_id,
      uptimeMs: uptime_ms,
      wallAt: row.wall_at,
      receivedAt: row.received_at,
      kind: row.kind,
      source: row.source,
      sid: row.sid,
      employee: row.employee,
      current: row.current,
    },
  ];
}

/** The stored events of a device, for the caller to narrow down and `readStored`. */
export function storedEvents(tx: Store, { company, device }: DeviceScope) {
  return tx
    .selectFrom('logs')
    .select([
      'id',
      'journal',
      'sequence',
      'boot_id',
      'uptime_ms',
      'wall_at',
      'received_at',
      'kind',
      'source',
      'sid',
      'employee',
      'placed_at',
      'placement',
      'clock_corrected',
    ])
    .where('company', '=', company)
    .where('device', '=', device);
}

export async function readStored(query: ReturnType<typeof storedEvents>): Promise<JournalEvent[]> {
  const rows = await query.execute();
  return rows.flatMap(({ placed_at, placement, clock_corrected, ...columns }) =>
    fromColumns({
      ...columns,
      current: { placed_at, placement: placement as Placing['placement'], clock_corrected },
    }),
  );
}

/** An event as `place` takes it, with its own clock's word unless another time is given. */
export function rawEvent(
  event: JournalEvent,
  time: EventTime = {
    type: 'clock',
    wall: event.wallAt,
    run: { bootId: event.bootId, uptimeMs: event.uptimeMs },
  },
): RawEvent & { event: JournalEvent } {
  return {
    event,
    id: event.id,
    // One journal at a time is placed: a device's sequences are unique within a journal only.
    device: event.journal,
    sequence: event.sequence,
    source: event.source as EventSource,
    time,
    receivedAt: event.receivedAt,
    // Neither says anything about time.
    session: '',
    kind: '',
    initiator: 'user',
  };
}

export function isMoved({ event: { current }, to }: Move): boolean {
  return (
    current === null ||
    current.placed_at !== to.placed_at ||
    current.placement !== to.placement ||
    current.clock_corrected !== to.clock_corrected
  );
}
