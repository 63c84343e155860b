import type { SealedEvent } from '../../contract/event.ts';
import type { JournalId } from '../../contract/ids.ts';

/** What one read of a journal gave. */
export interface JournalPage {
  journal: JournalId;
  records: readonly SealedEvent[];
  /** Up to where the journal was looked at. */
  through: number;
}

/** An event on its way, with its place in the queue. */
export interface WaitingEvent {
  position: number;
  event: SealedEvent;
}

export interface QueueCounts {
  waiting: number;
  refused: number;
  /** When the event that has waited longest happened, in milliseconds since 1970 by the PC's clock. */
  oldestWaitingAt: number | null;
}

/** An event as the person sees it in the timeline. */
export interface TimelineEntry {
  position: number;
  id: string | null;
  kind: string | null;
  occurredAt: number | null;
  state: 'waiting' | 'sent' | 'refused';
  /** Why the server refused it; null unless refused. */
  refusal: string | null;
}
