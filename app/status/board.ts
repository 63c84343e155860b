import { isDeepStrictEqual } from 'node:util';
import { type ClientStatus, initialStatus } from './status.ts';

type Changes = { [Part in keyof ClientStatus]?: ClientStatus[Part] | Partial<ClientStatus[Part]> };

/** Milliseconds since 1970 as the contract writes an instant. */
export const toInstant = (ms: number): string => new Date(ms).toISOString();

/**
 * The one place the client's parts write their state to. Listeners hear of each change once, after the step that made it: several
 * writes in one step are one change. A status that was handed out never changes afterwards.
 */
export class StatusBoard {
  readonly #listeners = new Set<(status: ClientStatus) => void>();
  #status = initialStatus;
  #told = initialStatus;
  #telling = false;

  get status(): ClientStatus {
    return this.#status;
  }

  /** Merges the given parts, field by field, into the status. */
  update(changes: Changes): void {
    const merged: Record<string, unknown> = { ...this.#status };
    for (const [part, change] of Object.entries(changes)) {
      const before = merged[part];
      merged[part] = mergeable(before) && mergeable(change) ? { ...before, ...change } : change;
    }
    // Each part is one of ClientStatus's own, or a partial one laid over it.
    this.#status = merged as unknown as ClientStatus;
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => this.#tell());
  }

  /** The answer ends it. */
  onChange(listener: (status: ClientStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    this.#telling = false;
    if (isDeepStrictEqual(this.#status, this.#told)) return;
    this.#told = this.#status;
    for (const listener of this.#listeners) listener(this.#status);
  }
}

const mergeable = (part: unknown): part is Record<string, unknown> =>
  typeof part === 'object' && part !== null;
