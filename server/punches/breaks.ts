/** Gaps in which no device was in use: what breaks 休憩 are made of (docs/punch-rules.md, "Breaks"). */
import type { DayBook } from './days.ts';
import { compareLogs, type Log, MINUTE_MS } from './logs.ts';
import type { BreakSettings } from './settings.ts';
import type { Step, Track } from './use.ts';

/** From the log that ended the last use to the log that began the next, longer than nothing. */
export interface Gap {
  readonly start: Log;
  readonly end: Log;
}

/**
 * All gaps between uses, over all devices of the tracks, in order and disjoint.
 *
 * @param tracks of one punch source
 */
export function gapsBetweenUses(tracks: readonly Track[]): Gap[] {
  const steps = tracks
    .flatMap((track) =>
      track.steps.map((step, index) => ({ track, step, unheard: endsUnheardUse(track.steps, index) })),
    )
    .sort((a, b) => compareLogs(a.step.log, b.step.log));
  const inUse = new Set<Track>();
  const gaps: Gap[] = [];
  let start: Log | null = null;
  for (const { track, step, unheard } of steps) {
    if (unheard) inUse.add(track);
    const before = inUse.size;
    if (step.inUse) inUse.add(track);
    else inUse.delete(track);
    if (before === 0 && inUse.size > 0 && start !== null) {
      if (step.log.at > start.at) gaps.push({ start, end: step.log });
      start = null;
    } else if (before > 0 && inUse.size === 0) {
      // A use of no length is none: the gap it would part is one.
      start = gaps.at(-1)?.end.at === step.log.at ? (gaps.pop()?.start ?? step.log) : step.log;
    }
  }
  return gaps;
}

/** Whether a log ends a use whose beginning never reached us: nobody locks a session that was not in use. */
function endsUnheardUse(steps: readonly Step[], index: number): boolean {
  const [before, step] = [steps[index - 1], steps[index]];
  const fromNothing = before === undefined || before.effect === 'finds-lost';
  return fromNothing && step?.effect === 'ends' && step.log.kind !== 'suspend';
}

/**
 * Whether a gap is a break by itself: long enough for the way it began, with both ends between the same borders and
 * in the same workday. That it lies between 出勤 and 退勤 is left to the caller.
 */
export function isBreak({ start, end }: Gap, settings: BreakSettings, book: DayBook): boolean {
  // What a reconciled logoff or a startup began has no known beginning: nobody's break is cut from a guess.
  if (start.source === 'reconciled' || start.kind === 'startup') return false;
  const minutes = settings.enabled ? minimumFor(start, settings) : undefined;
  return (
    minutes !== undefined &&
    end.at - start.at >= minutes * MINUTE_MS &&
    book.dayOf(start) === book.dayOf(end) &&
    book.spanOf(start) === book.spanOf(end)
  );
}

function minimumFor(start: Log, settings: BreakSettings): number | undefined {
  const ownMinimum =
    start.kind === 'logoff' || start.kind === 'shutdown'
      ? settings.logoffMinimumMinutes
      : settings.lockMinimumMinutes;
  return ownMinimum ?? settings.minimumMinutes;
}
