import type { BridgeState, RecordedEvent } from './bridge/hardware-messages.ts';
import type { EventView } from './page-messages.ts';

const KEPT_EVENTS = 60;

/** The newest events with how far each has come, for people to watch. */
export class EventLog {
  #events: RecordedEvent[] = [];

  add(event: RecordedEvent): void {
    if (this.#events.some(({ id }) => id === event.id)) return;
    this.#events = [event, ...this.#events].slice(0, KEPT_EVENTS);
  }

  /** Newest first. `nameOf` gives the name people know an account by. */
  view(bridge: BridgeState | null, nameOf: (sid: string, accountName: string) => string): EventView[] {
    return this.#events.map((event) => {
      const current = bridge?.journal === event.journal ? bridge : null;
      const acknowledged = event.account && current?.acknowledged[event.account.sid];
      return {
        id: event.id,
        sequence: event.sequence,
        kind: event.kind,
        occurredAt: event.occurredAt,
        user: event.account && nameOf(event.account.sid, event.account.name),
        initiator: event.initiator,
        reason: event.reason,
        source: event.source,
        queued: !event.account ? 'none' : (acknowledged ?? 0) >= event.sequence ? 'yes' : 'no',
        received: (current?.receivedThrough ?? 0) >= event.sequence,
      };
    });
  }
}
