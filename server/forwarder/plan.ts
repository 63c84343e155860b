import type { PunchKind } from '../../contract/me.ts';
import { type HoldReason, isOut, type LedgerRow, type LedgerState } from './ledger.ts';
import { type ForwardingSettings, sendsOutAtOnce } from './settings.ts';
import { type PlannedTask, tasksOf } from './tasks.ts';

/** What a workday says should stand in the attendance service. `at` is a whole second. */
export interface DerivedPunch {
  kind: PunchKind;
  at: number;
  hold: HoldReason | null;
}

/** `overdue`: the border passed long ago and a source still has not reported past it. */
export type Settlement = 'open' | 'settled' | 'overdue';

/** Everything a plan depends on. */
export interface DayToPlan {
  punches: readonly DerivedPunch[];
  ledger: readonly LedgerRow[];
  settlement: Settlement;
  forwarding: ForwardingSettings;
  /** Until when a session of the day before may still be carried over the border; null when that is decided. */
  inUndecidedUntil: number | null;
  flags: readonly string[];
  /** Time of a logoff deduced after a crash, to offer as a correction. */
  suggestedOut: number | null;
  /** How a time is written for the attendance service; two that read the same are the same there. */
  written: (at: number) => string;
  now: number;
  debounceMs: number;
}

export interface NewRow {
  kind: PunchKind;
  at: number;
  state: 'waiting' | 'held';
  hold: HoldReason | null;
  notBefore: number;
}

/** A change to a row, which holds only while the row is still in state `from` with time `fromAt`. */
export interface RowChange {
  id: string;
  from: LedgerState;
  fromAt: number;
  to: { at: number; state: LedgerState; hold: HoldReason | null; notBefore: number; fresh: boolean };
}

export interface DayPlan {
  inserts: NewRow[];
  changes: RowChange[];
  /** All that should stand for the day; others of the day have become void. */
  tasks: PlannedTask[];
}

/** A punch that should be sent, with when and whether somebody has to look at it first. */
interface Wanted {
  kind: PunchKind;
  at: number;
  hold: HoldReason | null;
  notBefore: number;
}

/** Holds that only a person ends. The day's own holds come and go with the day. */
const LASTING_HOLDS: ReadonlySet<HoldReason | null> = new Set(['closed-period', 'other-recorder', 'entered']);

/**
 * What the ledger of one employee's workday should become (README.md of this folder). Pure: the same day and
 * ledger give the same plan, and planning again after applying a plan changes nothing.
 */
export function planDay(day: DayToPlan): DayPlan {
  const parts = [planIn(day), planOut(day), planBreaks(day)];
  const inserts = parts.flatMap((part) => part.inserts);
  const changes = parts.flatMap((part) => part.changes);
  return { inserts, changes, tasks: tasksOf(day, rowsAfter(day, inserts, changes)) };
}

type Part = Pick<DayPlan, 'inserts' | 'changes'>;

/** 出勤 goes as it happens: one row a workday, whose time may move until it is sent. */
function planIn(day: DayToPlan): Part {
  const row = day.ledger.find(({ kind }) => kind === 'in');
  if (row && (isOut(row) || row.hold === 'entered')) return nothing;
  const punch = day.inUndecidedUntil === null ? day.punches.find(({ kind }) => kind === 'in') : undefined;
  if (!punch) return row ? { inserts: [], changes: withdraw(day, row) } : nothing;
  const wanted = { kind: punch.kind, at: punch.at, hold: holdOf(day, punch), notBefore: day.now };
  return row ? { inserts: [], changes: adapt(row, wanted) } : { inserts: [newRow(wanted)], changes: [] };
}

/** 退勤 goes when the day is settled, or at once where KING OF TIME overwrites; a later one then supersedes. */
function planOut(day: DayToPlan): Part {
  const rows = day.ledger.filter(({ kind }) => kind === 'out');
  const entered = rows.find(({ hold, state }) => hold === 'entered' && state !== 'withdrawn');
  if (entered)
    return {
      inserts: [],
      changes: withdrawAll(
        day,
        rows.filter((row) => row !== entered),
      ),
    };
  const atOnce = sendsOutAtOnce(day.forwarding) && day.inUndecidedUntil === null;
  const punch = day.punches.find(({ kind }) => kind === 'out');
  if (day.settlement === 'open' && !atOnce) return { inserts: [], changes: withdrawStale(day, rows) };
  if (!punch) return { inserts: [], changes: withdrawAll(day, rows) };
  const gone = rows.filter((row) => isOut(row) && row.at !== punch.at);
  const isOverwriting = atOnce && gone.every(({ at }) => at < punch.at);
  const wanted: Wanted = {
    kind: 'out',
    at: punch.at,
    hold:
      holdOf(day, punch) ??
      (gone.length > 0 && !isOverwriting ? 'changed-after-sending' : null) ??
      (day.settlement === 'overdue' && !atOnce ? 'unsettled' : null),
    notBefore: day.settlement === 'settled' ? day.now : day.now + (atOnce ? day.debounceMs : 0),
  };
  return place(day, rows, [wanted]);
}

/** Breaks go from settled days only, all at once; one that turns up after others were sent needs a look. */
function planBreaks(day: DayToPlan): Part {
  const isBreak = ({ kind }: { kind: PunchKind }) => kind === 'break-start' || kind === 'break-end';
  const rows = day.ledger.filter(isBreak);
  if (day.settlement === 'open') return { inserts: [], changes: withdrawStale(day, rows) };
  const known = new Set(rows.filter(({ state }) => state !== 'withdrawn').map(keyOf));
  const isDayOut =
    rows.some(isOut) ||
    (!sendsOutAtOnce(day.forwarding) && day.ledger.some((row) => row.kind === 'out' && isOut(row)));
  const written = new Set<string>();
  const wanted = day.punches.filter(isBreak).map((punch): Wanted => {
    const reads = `${punch.kind} ${day.written(punch.at)}`;
    const isSecond = written.has(reads);
    written.add(reads);
    const row = rows.find((one) => keyOf(one) === keyOf(punch));
    const isLate = isDayOut && (!known.has(keyOf(punch)) || row?.hold === 'changed-after-sending');
    return {
      kind: punch.kind,
      at: punch.at,
      hold:
        holdOf(day, punch) ??
        (isSecond ? 'same-wall-time' : null) ??
        (isLate ? 'changed-after-sending' : null) ??
        (day.settlement === 'overdue' ? 'unsettled' : null),
      notBefore: day.now,
    };
  });
  return place(day, rows, wanted);
}

/** Rows keyed by kind and instant: what is wanted gets its row, what is not and is still here is withdrawn. */
function place(day: DayToPlan, rows: readonly LedgerRow[], wanted: readonly Wanted[]): Part {
  const wantedKeys = new Set(wanted.map(keyOf));
  const inserts: NewRow[] = [];
  const changes = withdrawAll(
    day,
    rows.filter((row) => !wantedKeys.has(keyOf(row))),
  );
  for (const one of wanted) {
    const row = rows.find((candidate) => keyOf(candidate) === keyOf(one));
    if (!row) inserts.push(newRow(one));
    else if (!isOut(row)) changes.push(...adapt(row, one));
  }
  return { inserts, changes };
}

/** A row that has not gone out, brought in line with what is wanted. */
function adapt(row: LedgerRow, wanted: Wanted): RowChange[] {
  const isMoved = row.at !== wanted.at;
  if (row.state === 'withdrawn' || (isMoved && !LASTING_HOLDS.has(row.hold))) {
    return [change(row, { ...newRow(wanted), fresh: true })];
  }
  if (isMoved) return [change(row, { ...row, at: wanted.at, fresh: true })];
  // A refusal stands until somebody looks; so does what a person has to decide, and what one has decided.
  if (row.state === 'failed' || LASTING_HOLDS.has(row.hold) || row.hold === wanted.hold) return [];
  if (wanted.hold !== null) return [change(row, { ...row, state: 'held', hold: wanted.hold, fresh: false })];
  if (row.state !== 'held') return [];
  return [change(row, { ...row, state: 'waiting', hold: null, notBefore: wanted.notBefore, fresh: false })];
}

/** A settled day may be open again for a while; what it still says keeps its row. */
function withdrawStale(day: DayToPlan, rows: readonly LedgerRow[]): RowChange[] {
  const said = new Set(day.punches.map(keyOf));
  return withdrawAll(
    day,
    rows.filter((row) => !said.has(keyOf(row))),
  );
}

const withdrawAll = (day: DayToPlan, rows: readonly LedgerRow[]): RowChange[] =>
  rows.flatMap((row) => withdraw(day, row));

function withdraw(day: DayToPlan, row: LedgerRow): RowChange[] {
  if (isOut(row) || row.state === 'withdrawn') return [];
  return [change(row, { ...row, state: 'withdrawn', hold: null, notBefore: day.now, fresh: false })];
}

function change(row: LedgerRow, to: RowChange['to']): RowChange {
  const { at, state, hold, notBefore, fresh } = to;
  return { id: row.id, from: row.state, fromAt: row.at, to: { at, state, hold, notBefore, fresh } };
}

const holdOf = ({ forwarding }: DayToPlan, { hold }: DerivedPunch): HoldReason | null =>
  forwarding.vendorCompatible ? null : hold;

const newRow = ({ kind, at, hold, notBefore }: Wanted): NewRow => ({
  kind,
  at,
  state: hold === null ? 'waiting' : 'held',
  hold,
  notBefore,
});

const keyOf = ({ kind, at }: { kind: PunchKind; at: number }): string => `${kind} ${at}`;

const nothing: Part = { inserts: [], changes: [] };

/** The rows as they will be, for what follows from them. */
function rowsAfter(
  { ledger }: DayToPlan,
  inserts: readonly NewRow[],
  changes: readonly RowChange[],
): Pick<LedgerRow, 'kind' | 'at' | 'state' | 'hold' | 'lastProblem'>[] {
  const changed = new Map(changes.map(({ id, to }) => [id, to]));
  return [
    ...ledger.map((row) => ({ ...row, ...changed.get(row.id) })),
    ...inserts.map((row) => ({ ...row, lastProblem: null })),
  ];
}
