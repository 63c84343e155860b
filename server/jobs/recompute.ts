import { type Kysely, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { computeWorkdays, type SettingsHistory, settingsHistory } from '../punches/index.ts';
import { settingsChanges } from '../settings/history.ts';
import type { Database } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { type EmployeeScope, loadSpan } from './span.ts';
import { replaceWorkdays } from './workday-rows.ts';

/** Employees asked for in one query. */
const PAGE_EMPLOYEES = 200;

export interface Recomputed extends EmployeeScope {
  /** Workdays that changed, came or went, in order. */
  dates: string[];
}

/**
 * Computes anew the workdays and punches of employees whose logs or settings changed.
 *
 * Each employee is one transaction, and what changes meanwhile is computed the next time. Doing it again changes nothing;
 * what comes out depends on what is stored, not on how or when it came. Runs may overlap, on any number of nodes.
 *
 * @param options.limit how many employees at most
 * @param options.onFailure told when an employee's workdays cannot be computed; they stay as they were and marked. Without
 * it such errors are thrown together when all others are done.
 * @returns the employees whose workdays changed
 */
export async function recompute(options: {
  store: Kysely<Database>;
  clock: Clock;
  limit?: number;
  onFailure?: (employee: EmployeeScope, error: unknown) => void;
}): Promise<Recomputed[]> {
  const { store, clock, limit = Number.POSITIVE_INFINITY } = options;
  const failures: unknown[] = [];
  const onFailure = options.onFailure ?? ((_employee, error) => failures.push(error));
  const histories = new Histories();
  const recomputed: Recomputed[] = [];
  let done = 0;
  for await (const employee of dirtyEmployees(store)) {
    if (done >= limit) break;
    try {
      const dates = await recomputeEmployee(store, clock, histories, employee);
      if (dates.length > 0) recomputed.push({ ...employee, dates });
      done += 1;
    } catch (error) {
      onFailure(employee, error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Some workdays could not be computed');
  return recomputed;
}

function recomputeEmployee(
  store: Kysely<Database>,
  clock: Clock,
  histories: Histories,
  { company, employee }: EmployeeScope,
): Promise<string[]> {
  return store.transaction().execute(async (tx) => {
    // Writing the mark first keeps everybody else from it until the end: what they change waits and is seen next time.
    const mark = await tx
      .updateTable('dirty')
      .set({ revision: sql`revision` })
      .where('company', '=', company)
      .where('employee', '=', employee)
      .returning(['from_at', 'revision'])
      .executeTakeFirst();
    if (!mark) return [];
    const history = await histories.of(tx, company, employee);
    const { logs, firstDate } = await loadSpan(tx, { company, employee }, mark.from_at, history);
    const workdays = computeWorkdays(logs, history).filter(({ date }) => date >= firstDate);
    const dates = await replaceWorkdays(
      tx,
      { company, employee },
      firstDate,
      workdays.map((workday) => ({ workday, endsAtMs: history.workdayAt(workday.in.at).end })),
      clock.now(),
    );
    await tx
      .deleteFrom('dirty')
      .where('company', '=', company)
      .where('employee', '=', employee)
      .where('revision', '=', mark.revision)
      .execute();
    return dates;
  });
}

/** The marked employees, each once, in an order of their own. */
async function* dirtyEmployees(store: Store): AsyncGenerator<EmployeeScope> {
  let page = await dirtyAfter(store, { company: '', employee: '' });
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    yield* page;
    page = await dirtyAfter(store, last);
  }
}

function dirtyAfter(store: Store, last: EmployeeScope): Promise<EmployeeScope[]> {
  return store
    .selectFrom('dirty')
    .select(['company', 'employee'])
    .where((is) =>
      is.or([
        is('company', '>', last.company),
        is.and([is('company', '=', last.company), is('employee', '>', last.employee)]),
      ]),
    )
    .orderBy('company')
    .orderBy('employee')
    .limit(PAGE_EMPLOYEES)
    .execute();
}

/** Settings histories, one for all employees with the same settings: it remembers the borders it has computed. */
class Histories {
  readonly #byChanges = new Map<string, SettingsHistory>();

  async of(tx: Store, company: string, employee: string): Promise<SettingsHistory> {
    const changes = await settingsChanges(tx, company, employee);
    const key = JSON.stringify(changes);
    const history = this.#byChanges.get(key) ?? settingsHistory(changes);
    this.#byChanges.set(key, history);
    return history;
  }
}
