/**
 * A worker's look at what is due, over a long history: against one indexed lookup in the same store, in the same run.
 * What is sent and settled must cost nothing; what is open may cost by the day.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPlanning } from '../../server/forwarder/planning.ts';
import { ordinaryTiming } from '../../server/forwarder/settings.ts';
import { openStore } from '../../server/store/store.ts';

const EMPLOYEES = 500;
const DAYS = 500;
const ROUNDS = 50;
const CHUNK = 500;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIRST_MS = Date.parse('2025-01-01T00:00:00+09:00');

const folder = mkdtempSync(path.join(tmpdir(), 'systemlog-bench-'));
const store = await openStore(path.join(folder, 'server.db'));
let now = FIRST_MS + DAYS * DAY_MS + 6 * HOUR_MS;
const planning = createPlanning({
  store,
  clock: { now: () => now },
  forwardingFor: () => ({
    atOnce: false,
    overwriteConfirmed: false,
    otherRecorders: false,
    vendorCompatible: false,
    foreignTime: 'instant',
    timeZone: 'Asia/Tokyo',
    carryOver: false,
  }),
  timing: ordinaryTiming,
  log: console,
});

const company = 'acme';
const ids = Array.from({ length: EMPLOYEES }, (_, n) => `e${n}`);
const dateOf = (n: number) => new Date(FIRST_MS + n * DAY_MS + 9 * HOUR_MS).toISOString().slice(0, 10);

/** One workday of every employee, with 出勤 and 退勤; sent, or still to be planned. */
async function putDay(n: number, isSent: boolean): Promise<void> {
  const begin = FIRST_MS + n * DAY_MS;
  const punchesOf = (employee: string) =>
    [
      { kind: 'in' as const, at: begin + 9 * HOUR_MS },
      { kind: 'out' as const, at: begin + 18 * HOUR_MS },
    ].map((punch) => ({ company, employee, date: dateOf(n), ...punch }));
  for (let from = 0; from < ids.length; from += CHUNK) {
    const some = ids.slice(from, from + CHUNK);
    const workdays = some.map((employee) => ({
      company,
      employee,
      date: dateOf(n),
      ends_at: begin + 29 * HOUR_MS,
      in_at: begin + 9 * HOUR_MS,
      out_at: begin + 18 * HOUR_MS,
      breaks: '[]',
      flags: '[]',
      computed_at: begin,
    }));
    const punches = some.flatMap(punchesOf);
    await store.transaction().execute(async (tx) => {
      await tx.insertInto('workdays').values(workdays).execute();
      await tx
        .insertInto('punches')
        .values(punches.map((punch) => ({ ...punch, log: 'log' })))
        .execute();
      if (!isSent) {
        const days = some.map((employee) => ({ company, employee, date: dateOf(n) }));
        await tx.insertInto('unplanned').values(days).execute();
        return;
      }
      const rows = punches.map((punch) => ({
        ...punch,
        id: `${punch.employee} ${punch.at}`,
        state: 'sent',
        attempts: 1,
        not_before: punch.at,
        created_at: punch.at,
        changed_at: punch.at,
      }));
      await tx.insertInto('outbox').values(rows).execute();
    });
  }
}

async function millisecondsEach(rounds: number, step: (round: number) => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round++) await step(round);
  return (performance.now() - startedMs) / rounds;
}

const lookup = (round: number) =>
  store
    .selectFrom('workdays')
    .select('ends_at')
    .where('company', '=', company)
    .where('employee', '=', ids[round % EMPLOYEES] ?? '')
    .where('date', '=', dateOf(round % DAYS))
    .executeTakeFirst();

function show(what: string, ms: number, lookupMs: number): void {
  const figures = [`${ms.toFixed(3)} ms`, `${lookupMs.toFixed(3)} ms`, (ms / lookupMs).toFixed(1)];
  process.stdout.write(`${what.padEnd(44)}${figures.map((figure) => figure.padStart(14)).join('')}\n`);
}

await store
  .insertInto('attendance_services')
  .values({ company, base_url: '', sealed_token: '', enabled: 1 })
  .execute();
await store
  .insertInto('employees')
  .values(
    // Of a source that never reports: what is open stays open.
    ids.map((id) => ({ company, id, code: id, last_name: '', first_name: '', source: 'smarton' })),
  )
  .execute();
for (let n = 0; n < DAYS; n++) await putDay(n, true);

await millisecondsEach(ROUNDS, lookup);
const lookupMs = await millisecondsEach(ROUNDS * 20, lookup);
const sent = (EMPLOYEES * DAYS * 2).toLocaleString('en');
process.stdout.write(
  `${''.padEnd(44)}${['ours', 'lookup', 'ratio'].map((word) => word.padStart(14)).join('')}\n`,
);
show(
  `planDue, ${sent} sent punches, nothing open`,
  await millisecondsEach(ROUNDS, planning.planDue),
  lookupMs,
);
now += DAY_MS;
await putDay(DAYS, false);
await planning.planDue();
show(`planDue, ${EMPLOYEES} days open, none due`, await millisecondsEach(ROUNDS, planning.planDue), lookupMs);
const dueMs = await millisecondsEach(5, () => {
  now += HOUR_MS / 6;
  return planning.planDue();
});
show(`planDue, each of ${EMPLOYEES} open days that are due`, dueMs / EMPLOYEES, lookupMs);
await store.destroy();
rmSync(folder, { recursive: true, force: true });
