/** Sessions over a border: carried into the workday they began in, or crossing it (docs/punch-rules.md). */
import type { Day, DayBook } from './days.ts';
import { HOUR_MS, type Instant, MINUTE_MS } from './logs.ts';
import type { Step, Track } from './use.ts';

/** A lock or suspend longer than this ends a carried session; exactly this does not. */
export const CARRY_PAUSE_LIMIT_MS = 180 * MINUTE_MS;
/** A session is carried when its ending lies at most this long after 出勤. */
export const CARRY_REACH_MS = 16 * HOUR_MS;

/** A session in use over a border that was not carried: `steps[index]` is its last before the border. */
export interface Crossing {
  readonly track: Track;
  readonly index: number;
}

export interface Carried {
  readonly crossings: readonly Crossing[];
  /** Workdays that a log yet to come may still extend, each with the last instant at which it could. */
  readonly openUntil: ReadonlyMap<Day, Instant>;
}

/** Carries what the settings let carry, moving logs in the book, and returns what crosses borders all the same. */
export function carryOver(tracks: readonly Track[], book: DayBook): Carried {
  const crossings: Crossing[] = [];
  const openUntil = new Map<Day, Instant>();
  for (const overBorder of sessionsOverBorders(tracks, book)) {
    const { track, step, next } = overBorder;
    const { ending, openUntil: open } = firstEnding(track.steps, overBorder.index);
    const day = book.dayOf(step.log);
    const reach = carryReach(day, track, book);
    if (reach !== null && open !== null) {
      const until = Math.min(open, reach);
      openUntil.set(day, Math.max(openUntil.get(day) ?? until, until));
    }
    if (reach !== null && ending !== null && ending.log.at <= reach) book.carry(day, ending.log.at);
    else if (step.inUse && next !== null) crossings.push(overBorder);
  }
  return { crossings, openUntil };
}

interface OverBorder extends Crossing {
  readonly step: Step;
  /** The session's next log, past the border; null while there is none. */
  readonly next: Step | null;
}

/**
 * Sessions that stand open over a border, earliest border first: a workday's 出勤 is settled only once the one before
 * it has taken what it carries.
 */
function sessionsOverBorders(tracks: readonly Track[], book: DayBook): OverBorder[] {
  const found: OverBorder[] = [];
  for (const track of tracks) {
    for (const [index, step] of track.steps.entries()) {
      if (step.effect !== 'begins' && step.effect !== 'ends') continue;
      const next = track.steps[index + 1] ?? null;
      if (next !== null && book.spanOf(next.log) === book.spanOf(step.log)) continue;
      // In use and begun again: an end was missed in between, so nothing says it was in use at the border.
      if (step.inUse && next !== null && next.effect !== 'ends' && next.effect !== 'closes') continue;
      found.push({ track, index, step, next });
    }
  }
  return found.sort((a, b) => book.spanOf(a.step.log).start - book.spanOf(b.step.log).start);
}

/** The last instant a session of this workday may be carried to, null where nothing is carried. */
function carryReach(day: Day, track: Track, book: DayBook): Instant | null {
  const { carryOver, source } = day.span.settings;
  if (!carryOver || source !== track.source) return null;
  const clockIn = book.clockIn(day);
  return clockIn === undefined ? null : clockIn.at + CARRY_REACH_MS;
}

interface Ending {
  /** The log that ends the session for carry-over; null while it is in use. */
  readonly ending: Step | null;
  /** Until when a log yet to come may move the ending; null when it stands. */
  readonly openUntil: Instant | null;
}

/** The first ending after `steps[index]`: logoff, or the log that began a pause longer than the limit. */
function firstEnding(steps: readonly Step[], index: number): Ending {
  let pause = pauseAt(steps, index);
  let last = steps[index] ?? null;
  for (let i = index + 1; i < steps.length; i++) {
    const step = steps[i];
    if (step === undefined) break;
    if (pause !== null && step.log.at - pause.log.at > CARRY_PAUSE_LIMIT_MS)
      return { ending: pause, openUntil: null };
    if (step.effect === 'closes') return { ending: step, openUntil: null };
    if (step.effect === 'finds-lost') return { ending: pause ?? last, openUntil: null };
    pause = step.effect === 'begins' ? null : (pause ?? step);
    last = step;
  }
  if (pause === null) return { ending: null, openUntil: Number.POSITIVE_INFINITY };
  return { ending: pause, openUntil: pause.log.at + CARRY_PAUSE_LIMIT_MS };
}

/** The step that began the pause the session is in after `steps[index]`; null when it is in use. */
function pauseAt(steps: readonly Step[], index: number): Step | null {
  let pause: Step | null = null;
  for (let i = index; i >= 0 && steps[i]?.effect === 'ends'; i--) pause = steps[i] ?? null;
  return pause;
}
