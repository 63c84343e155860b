import path from 'node:path';
import { z } from 'zod';
import { clockReading, instant } from '../../../contract/ids.ts';
import { type MachineClock, toInstant } from './clock-run.ts';
import type { DurableFiles } from './durable-file.ts';
import type { UnplacedEvent } from './journal.ts';
import type { JournalRecord, OpenSession } from './journal-codec.ts';

const heartbeat = z.object({
  at: instant,
  clock: clockReading,
  /** Where the journal ended then: newer records are later signs of life. */
  headSequence: z.number().int().nonnegative(),
});
/** When the PC was last known to be alive, on both its clocks. */
export type Heartbeat = z.infer<typeof heartbeat>;

const heartbeatFile = (directory: string): string => path.join(directory, 'heartbeat.json');

export function writeHeartbeat(
  directory: string,
  files: DurableFiles,
  clock: MachineClock,
  headSequence: number,
): Promise<void> {
  const beat: Heartbeat = { at: toInstant(clock.wallMs()), clock: clock.reading(), headSequence };
  return files.replace(heartbeatFile(directory), JSON.stringify(beat));
}

/** Null when there is none that can be read. */
export async function readHeartbeat(directory: string, files: DurableFiles): Promise<Heartbeat | null> {
  const content = await files.read(heartbeatFile(directory));
  try {
    return content && (heartbeat.safeParse(JSON.parse(content.toString('utf8'))).data ?? null);
  } catch {
    return null;
  }
}

/** The last sign of life: the heartbeat, or the newest record where that came after it. Null when there is neither. */
export function lastAlive(
  beat: Heartbeat | null,
  newest: JournalRecord | undefined,
): Pick<Heartbeat, 'at' | 'clock'> | null {
  if (beat && (!newest || newest.event.sequence <= beat.headSequence)) return beat;
  return newest ? { at: newest.event.occurredAt, clock: newest.event.clock } : null;
}

/**
 * The logoffs nobody saw: of sessions the journal holds open that Windows no longer knows. Nobody may take them for the
 * time somebody left work, so their source says that they were deduced.
 */
export function reconciledLogoffs(
  open: readonly OpenSession[],
  present: ReadonlySet<string>,
  alive: Pick<Heartbeat, 'at' | 'clock'>,
  common: Pick<UnplacedEvent, 'device' | 'timeZone'>,
  newEventId: () => UnplacedEvent['id'],
): UnplacedEvent[] {
  return open
    .filter(({ session }) => !present.has(session))
    .map(({ session, account }) => ({
      ...common,
      id: newEventId(),
      kind: 'logoff',
      occurredAt: alive.at,
      clock: alive.clock,
      account,
      session,
      initiator: 'system',
      reason: 'unexpected-shutdown',
      source: 'reconciled',
      authMethod: null,
    }));
}
