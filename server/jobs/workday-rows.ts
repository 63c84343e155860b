/** Workdays as they are stored, with the punches that follow from them. */
import type { Punch, Workday } from '../punches/index.ts';
import type { PunchTable, WorkdayTable } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import type { EmployeeScope } from './span.ts';

/** Rows of one statement: far below what an engine takes as parameters. */
const CHUNK_ROWS = 200;

export interface BoundedWorkday {
  workday: Workday;
  /** The border that closes it. */
  endsAtMs: number;
}

interface DayRows {
  workday: Omit<WorkdayTable, 'computed_at'>;
  punches: PunchTable[];
}

/**
 * Makes the stored workdays from a date on these. Rows that are right already stay untouched.
 *
 * @returns the dates that changed, came or went, in order
 */
export async function replaceWorkdays(
  tx: Store,
  scope: EmployeeScope,
  firstDate: string,
  workdays: readonly BoundedWorkday[],
  computedAtMs: number,
): Promise<string[]> {
  const stored = await storedDays(tx, scope, firstDate);
  const computed = new Map(workdays.map((day) => [day.workday.date, dayRows(scope, day)]));
  const dates = [...new Set([...stored.keys(), ...computed.keys()])]
    .filter((date) => JSON.stringify(stored.get(date)) !== JSON.stringify(computed.get(date)))
    .sort();
  for (let i = 0; i < dates.length; i += CHUNK_ROWS) {
    const some = dates.slice(i, i + CHUNK_ROWS);
    await remove(tx, scope, some);
    const days = some.flatMap((date) => computed.get(date) ?? []);
    const rows = days.map(({ workday }) => ({ ...workday, computed_at: computedAtMs }));
    if (rows.length > 0) await tx.insertInto('workdays').values(rows).execute();
    const punches = days.flatMap((day) => day.punches);
    for (let from = 0; from < punches.length; from += CHUNK_ROWS) {
      await tx
        .insertInto('punches')
        .values(punches.slice(from, from + CHUNK_ROWS))
        .execute();
    }
  }
  return dates;
}

function dayRows(scope: EmployeeScope, { workday, endsAtMs }: BoundedWorkday): DayRows {
  const { date, breaks } = workday;
  return {
    workday: {
      company: scope.company,
      employee: scope.employee,
      date,
      ends_at: endsAtMs,
      in_at: workday.in.at,
      in_log: workday.in.logId,
      out_at: workday.out?.at ?? null,
      out_log: workday.out?.logId ?? null,
      breaks: JSON.stringify(breaks.map(({ start, end }) => [start.at, end.at])),
      flags: JSON.stringify(workday.flags),
      carry_open_until: workday.carryOpenUntil,
    },
    punches: punchRows(scope, workday),
  };
}

/** In order of kind and time, as they are read back. */
function punchRows(scope: EmployeeScope, workday: Workday): PunchTable[] {
  const { date, flags, out, breaks } = workday;
  // 出勤 stands whatever became of the day's end, and has usually gone by then.
  const dayHold = flags.includes('abnormal-end') ? 'abnormal-end' : null;
  const row = (kind: PunchTable['kind'], { at, logId }: Punch, hold: string | null): PunchTable => ({
    company: scope.company,
    employee: scope.employee,
    date,
    kind,
    at,
    log: logId,
    hold,
  });
  return [
    ...breaks.map(({ end }) => row('break-end', end, dayHold)),
    ...breaks.map(({ start }) => row('break-start', start, dayHold)),
    row('in', workday.in, workday.in.use === 'ends' ? 'in-by-end' : null),
    ...(out === null ? [] : [row('out', out, out.use === 'begins' ? 'out-by-begin' : dayHold)]),
  ];
}

async function storedDays(
  tx: Store,
  { company, employee }: EmployeeScope,
  firstDate: string,
): Promise<Map<string, DayRows>> {
  const workdays = await tx
    .selectFrom('workdays')
    .select([
      'company',
      'employee',
      'date',
      'ends_at',
      'in_at',
      'in_log',
      'out_at',
      'out_log',
      'breaks',
      'flags',
      'carry_open_until',
    ])
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '>=', firstDate)
    .execute();
  const punches = await tx
    .selectFrom('punches')
    .select(['company', 'employee', 'date', 'kind', 'at', 'log', 'hold'])
    .where('company', '=', company)
    .where('employee', '=', employee)
    .where('date', '>=', firstDate)
    .orderBy('kind')
    .orderBy('at')
    .execute();
  const punchesOf = Map.groupBy(punches, ({ date }) => date);
  return new Map(
    workdays.map((workday) => [workday.date, { workday, punches: punchesOf.get(workday.date) ?? [] }]),
  );
}

async function remove(tx: Store, { company, employee }: EmployeeScope, dates: string[]): Promise<void> {
  for (const table of ['workdays', 'punches'] as const) {
    await tx
      .deleteFrom(table)
      .where('company', '=', company)
      .where('employee', '=', employee)
      .where('date', 'in', dates)
      .execute();
  }
}
