import { sql } from 'kysely';
import type { Store } from '../store/store.ts';

/** Rows of one statement: far below what an engine takes as parameters. */
const CHUNK_ROWS = 500;

/** From when on each employee's logs changed, gathered over one transaction. */
export class ChangedSpans {
  readonly #from = new Map<string, number>();

  /** Instants that are null (time-uncertain) make no punch and change nothing. */
  add(employee: string | null, ...instants: (number | null)[]): void {
    if (employee === null) return;
    for (const instant of instants) {
      if (instant === null) continue;
      this.#from.set(employee, Math.min(instant, this.#from.get(employee) ?? instant));
    }
  }

  get fromByEmployee(): ReadonlyMap<string, number> {
    return this.#from;
  }
}

/**
 * Asks for the workdays of employees to be computed again, each from an instant on. Belongs into the transaction that made
 * the change, so that none is ever forgotten.
 */
export async function markDirty(
  tx: Store,
  company: string,
  fromByEmployee: ReadonlyMap<string, number>,
): Promise<void> {
  // In one order everywhere: two transactions that mark the same employees never wait for each other in a ring.
  const rows = [...fromByEmployee]
    .map(([employee, from_at]) => ({ company, employee, from_at, revision: 1 }))
    .sort((a, b) => (a.employee < b.employee ? -1 : 1));
  for (let i = 0; i < rows.length; i += CHUNK_ROWS) {
    await tx
      .insertInto('dirty')
      .values(rows.slice(i, i + CHUNK_ROWS))
      .onConflict((conflict) =>
        conflict.columns(['company', 'employee']).doUpdateSet({
          from_at: sql`case when excluded.from_at < dirty.from_at then excluded.from_at else dirty.from_at end`,
          revision: sql`dirty.revision + 1`,
        }),
      )
      .execute();
  }
}
