/** Cases in the format of scenarios.json: read, computed, and printed the way the command promises. */
import { DateTime } from 'luxon';
import { z } from 'zod';
import { settingsHistory } from './calendar.ts';
import { computeWorkdays, type Flag, type Workday } from './compute.ts';
import type { EventSource, Instant } from './logs.ts';
import { type EventTime, place, type RawEvent } from './place.ts';
import type { BreakSettings, GroupSettings } from './settings.ts';

/** What the command prints for a case. Instants are RFC 3339 in the group's zone. */
export interface CaseResult {
  readonly workdays: Record<
    string,
    { in: string; out: string | null; breaks: [start: string, end: string][]; flags: readonly Flag[] }
  >;
  readonly uncertain: number;
}

const instant = z.string().transform((text, context): Instant => {
  const parsed = DateTime.fromISO(text, { setZone: true });
  if (parsed.isValid && /T.*(?:Z|[+-]\d{2}:\d{2})$/i.test(text)) return parsed.toMillis();
  context.addIssue({ code: 'custom', message: `"${text}" is not an RFC 3339 date-time with offset` });
  return z.NEVER;
});

const name = z.union([z.string(), z.number()]).transform(String);
const minutes = z.number().nonnegative().nullish();

const settings = z.object({
  timeZone: z.string().default('Asia/Tokyo'),
  dayBorder: z.string().nullish(),
  breaks: z
    .object({
      enabled: z.boolean().default(true),
      minimumMinutes: minutes,
      lockMinimumMinutes: minutes,
      logoffMinimumMinutes: minutes,
    })
    .nullish(),
  carryOver: z.boolean().default(false),
  source: z.enum(['client', 'smarton', 'lanscope', 'malion', 'senselink']).default('client'),
  punches: z.enum(['both', 'in-only']).default('both'),
});

const event = z
  .object({
    id: name.nullish(),
    device: name,
    session: name.nullish(),
    sequence: z.number().nullish(),
    kind: z.string(),
    initiator: z.enum(['user', 'system']).default('user'),
    source: z
      .enum(['client', 'bridge', 'reconciled', 'smarton', 'lanscope', 'malion', 'senselink'])
      .optional(),
    at: instant.nullish(),
    wall: instant.nullish(),
    bootId: name.nullish(),
    uptimeMs: z.number().nullish(),
    receivedAt: instant.nullish(),
  })
  .transform(({ at, wall, bootId, uptimeMs, ...facts }, context) => {
    const run = bootId == null || uptimeMs == null ? null : { bootId, uptimeMs };
    if (at != null) return { ...facts, time: { type: 'true', at } satisfies EventTime };
    if (wall != null) return { ...facts, time: { type: 'clock', wall, run } satisfies EventTime };
    context.addIssue({ code: 'custom', message: 'an event needs `at` or `wall`' });
    return z.NEVER;
  });

const scenario = z.object({
  id: z.string(),
  settings,
  devices: z.record(z.string(), z.object({ registeredAt: instant.nullish() })).default({}),
  anchors: z
    .array(z.object({ device: name, bootId: name, uptimeMs: z.number(), serverTime: instant }))
    .default([]),
  events: z.array(event),
});

type Scenario = z.infer<typeof scenario>;

/** Text that is not a file of cases; the message says where and why. */
export class ScenarioError extends Error {}

/**
 * Computes every case of a scenarios file.
 *
 * @throws ScenarioError when the text is no such file, SettingsError when a case has impossible settings.
 */
export function runScenarios(text: string): Record<string, CaseResult> {
  return Object.fromEntries(parse(text).map((one) => [one.id, runScenario(one)]));
}

function parse(text: string): Scenario[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ScenarioError(`This is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const file = z.object({ cases: z.array(scenario) }).safeParse(json);
  if (!file.success)
    throw new ScenarioError(
      `These are not cases as server/punches/scenarios.json shows them:\n${z.prettifyError(file.error)}`,
    );
  return file.data.cases;
}

function runScenario({ settings, devices, anchors, events }: Scenario): CaseResult {
  const group = groupSettings(settings);
  const registeredAt = new Map<string, Instant>();
  for (const [device, known] of Object.entries(devices)) {
    if (known.registeredAt != null) registeredAt.set(device, known.registeredAt);
  }
  const raw = events.map((one, index) => rawEvent(one, index, group));
  const { logs, uncertain } = place(raw, anchors, registeredAt);
  const workdays = computeWorkdays(logs, settingsHistory([{ from: null, settings: group }]));
  return {
    workdays: Object.fromEntries(workdays.map((workday) => [workday.date, printed(workday, group.timeZone)])),
    uncertain: uncertain.length,
  };
}

function groupSettings({ dayBorder, breaks, ...others }: Scenario['settings']): GroupSettings {
  return { ...others, dayBorder: dayBorder ?? '00:00', breaks: breakSettings(breaks) };
}

function breakSettings(breaks: Scenario['settings']['breaks']): BreakSettings {
  if (!breaks) return { enabled: false };
  const { enabled, ...minimums } = breaks;
  const given = Object.entries(minimums).filter(([, minutes]) => minutes != null);
  return { enabled, ...Object.fromEntries(given) };
}

/** Fills in what a case may leave out; a device's events stand in the list in its sequence. */
function rawEvent(one: Scenario['events'][number], index: number, { source }: GroupSettings): RawEvent {
  const given = one.source ?? source;
  const recordedBy: EventSource = given === 'client' ? 'bridge' : given;
  return {
    id: one.id == null ? `#${index}` : `id ${one.id}`,
    device: one.device,
    session: one.session ?? one.device,
    sequence: one.sequence ?? index,
    kind: one.kind,
    initiator: one.initiator,
    source: recordedBy,
    time: one.time,
    receivedAt: one.receivedAt ?? null,
  };
}

function printed(workday: Workday, timeZone: string): CaseResult['workdays'][string] {
  const rfc3339 = (at: Instant): string =>
    DateTime.fromMillis(at, { zone: timeZone }).toISO({ suppressMilliseconds: true }) ?? '';
  return {
    in: rfc3339(workday.in.at),
    out: workday.out === null ? null : rfc3339(workday.out.at),
    breaks: workday.breaks.map(({ start, end }) => [rfc3339(start.at), rfc3339(end.at)]),
    flags: workday.flags,
  };
}
