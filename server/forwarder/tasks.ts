import type { PunchKind } from '../../contract/me.ts';
import { isOut, type LedgerRow } from './ledger.ts';
import type { DayToPlan } from './plan.ts';
import { sendsOutAtOnce } from './settings.ts';

/** Something only a person can put right. Kind and detail together name it: the same trouble is not reported twice. */
export interface PlannedTask {
  kind:
    | 'earlier-in'
    | 'changed-after-sending'
    | 'closed-period'
    | 'not-arrived'
    | 'abnormal-end'
    | 'unsettled'
    | 'other-recorder';
  /** JSON; instants in milliseconds since 1970. */
  detail: string;
}

type Row = Pick<LedgerRow, 'kind' | 'at' | 'state' | 'hold' | 'lastProblem'>;

/** `last_problem` of a punch that was sent twice and arrived neither time. */
export const NOT_ARRIVED = 'not-arrived';

/** The tasks that follow from a day and its rows as they are planned. */
export function tasksOf(day: DayToPlan, rows: readonly Row[]): PlannedTask[] {
  return [
    ...changedTasks(day, rows),
    ...rowTasks(rows),
    ...unsettledTask(rows),
    ...abnormalEndTask(day, rows),
  ];
}

/** What stands in the attendance service and is not (or no longer) what the day says. */
function changedTasks(day: DayToPlan, rows: readonly Row[]): PlannedTask[] {
  const standing = rows.filter((row) => isOut(row) && row.hold !== 'entered');
  return standing.flatMap((row): PlannedTask[] => {
    if (row.kind === 'in') return inTask(row, timeOf(day, 'in'));
    const isKnown = day.settlement !== 'open' || (row.kind === 'out' && sendsOutAtOnce(day.forwarding));
    if (!isKnown || day.punches.some(({ kind, at }) => kind === row.kind && at === row.at)) return [];
    const found = row.kind === 'out' ? timeOf(day, 'out') : null;
    const isOverwritten = sendsOutAtOnce(day.forwarding) && found !== null && found > row.at;
    if (
      isOverwritten ||
      rows.some(({ kind, hold, state }) => kind === row.kind && hold === 'entered' && state !== 'withdrawn')
    )
      return [];
    return [task('changed-after-sending', { kind: row.kind, sentAt: row.at, foundAt: found })];
  });
}

function inTask(row: Row, found: number | null): PlannedTask[] {
  if (found === row.at) return [];
  const kind = found !== null && found < row.at ? 'earlier-in' : 'changed-after-sending';
  return [task(kind, { kind: 'in', sentAt: row.at, foundAt: found })];
}

const timeOf = ({ punches }: DayToPlan, wanted: PunchKind): number | null =>
  punches.find(({ kind }) => kind === wanted)?.at ?? null;

/** What the attendance service told about single punches. */
const rowTasks = (rows: readonly Row[]): PlannedTask[] =>
  rows.flatMap(({ kind, at, state, hold, lastProblem }) => {
    if (state === 'held' && (hold === 'closed-period' || hold === 'other-recorder'))
      return [task(hold, { kind, at })];
    return state === 'failed' && lastProblem === NOT_ARRIVED ? [task('not-arrived', { kind, at })] : [];
  });

const unsettledTask = (rows: readonly Row[]): PlannedTask[] =>
  rows.some(({ state, hold }) => state === 'held' && hold === 'unsettled') ? [task('unsettled', {})] : [];

/** A crash day is offered with the logoff that was deduced, until somebody has dealt with it. */
function abnormalEndTask(day: DayToPlan, rows: readonly Row[]): PlannedTask[] {
  if (!day.flags.includes('abnormal-end') || day.forwarding.vendorCompatible) return [];
  const isHeld = rows.some(({ state, hold }) => state === 'held' && hold === 'abnormal-end');
  const hasOut = rows.some(({ kind, state }) => kind === 'out' && state !== 'withdrawn');
  const lacksOut = day.settlement !== 'open' && !hasOut;
  return isHeld || lacksOut ? [task('abnormal-end', { suggestedOut: day.suggestedOut })] : [];
}

const task = (kind: PlannedTask['kind'], detail: object): PlannedTask => ({
  kind,
  detail: JSON.stringify(detail),
});
