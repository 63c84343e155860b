import { afterEach } from 'vitest';
import type { BootId, DeviceId, JournalId } from '../../contract/ids.ts';
import type { PunchKind } from '../../contract/me.ts';
import { demoCompanyFile, readDemoCompany } from '../../sandbox/king-of-time/demo-company.ts';
import { createKingOfTime } from '../../sandbox/king-of-time/king-of-time.ts';
import { SANDBOX_TOKEN } from '../../sandbox/king-of-time/state.ts';
import { createActions } from '../../server/forwarder/actions.ts';
import { createForwarder, type Forwarder, tokenPurpose } from '../../server/forwarder/forwarder.ts';
import type { ForwardingFor, ForwardingSettings, Timing } from '../../server/forwarder/settings.ts';
import { recordHead } from '../../server/logs/anchors.ts';
import { createSecrets } from '../../server/secrets/secrets.ts';
import { openStore } from '../../server/store/store.ts';

const COMPANY = 'company-1';
const PC = 'pc-1';
const quiet = { debug: () => undefined, warn: () => undefined, error: () => undefined };

export const usual: ForwardingSettings = {
  atOnce: false,
  overwriteConfirmed: false,
  otherRecorders: false,
  vendorCompatible: false,
  foreignTime: 'instant',
  timeZone: 'Asia/Tokyo',
  carryOver: false,
};

/** Milliseconds of an RFC 3339 time. */
export const at = (text: string): number => Date.parse(text);

/** What the punch rules made of a day; times are RFC 3339. */
export interface Day {
  in?: string;
  out?: string;
  breaks?: [string, string][];
  holds?: Partial<Record<PunchKind, string>>;
  flags?: string[];
  /** Border that closes the day; 05:00 JST after `date` unless said. */
  endsAt?: string;
  /** Until then a log yet to come may be carried into the day. */
  carryOpenUntil?: string;
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/**
 * A company with one employee and one PC, a server's forwarder over a real SQLite store, and a KING OF TIME on a
 * real socket, all on one clock that only a test moves.
 */
export async function createWorld(
  options: {
    now?: string;
    settings?: Partial<ForwardingSettings>;
    timing?: Partial<Timing>;
    hangMs?: number;
    file?: string;
  } = {},
) {
  let now = at(options.now ?? '2026-06-01T07:00:00+09:00');
  const clock = { now: () => now };
  const settings: ForwardingSettings = { ...usual, ...options.settings };
  const seed = readDemoCompany(demoCompanyFile);
  const employee = seed.employees[0]?.key ?? '';
  const { app, control } = createKingOfTime({ clock, seed, hangMs: options.hangMs ?? 0 });
  control.set({ overwriteOut: false });
  const baseUrl = `${await app.listen({ host: '127.0.0.1', port: 0 })}/v1.0`;
  const store = await openStore(options.file ?? ':memory:');
  const close = async () => {
    await app.close();
    await store.destroy();
  };
  closers.push(close);
  const secrets = createSecrets([{ id: 'k1', key: new Uint8Array(32).fill(7) }]);
  const seal = (token: string) => secrets.seal(Buffer.from(token), tokenPurpose(COMPANY));

  const forwarderOver = (
    over: typeof store,
    fetcher: typeof fetch = fetch,
    forwardingFor: ForwardingFor = () => settings,
  ): Forwarder =>
    createForwarder({
      store: over,
      clock,
      secrets,
      fetch: fetcher,
      random: () => 0.5,
      log: quiet,
      forwardingFor,
      ...(options.timing && { timing: options.timing }),
    });
  const forwarder = forwarderOver(store);

  await store
    .insertInto('attendance_services')
    .values({ company: COMPANY, base_url: baseUrl, sealed_token: seal(SANDBOX_TOKEN), enabled: 1 })
    .execute();
  await store
    .insertInto('employees')
    .values({
      company: COMPANY,
      id: employee,
      code: '0001',
      last_name: '佐藤',
      first_name: '花子',
      source: 'client',
    })
    .execute();

  const world = {
    store,
    control,
    clock,
    settings,
    employee,
    company: COMPANY,
    forwarder,
    forwarderOver,
    seal,
    /** Before the end of the test, where it makes many worlds. */
    close,
    actions: createActions({ store, clock, planning: forwarder }),
    /** Moves the clock, never back. */
    at(time: string) {
      now = Math.max(now, at(time));
    },
    async addPc(id: string) {
      await store
        .insertInto('devices')
        .values({
          company: COMPANY,
          id,
          name: id,
          role: 'client',
          public_key: '{}',
          sealed_secret: '',
          access_token: '',
          client_version: '1',
          registered_at: 0,
          last_seen_at: 0,
        })
        .execute();
      await store
        .insertInto('links')
        .values({ company: COMPANY, device: id, sid: 'S-1-5-21-1', employee, linked_at: 0 })
        .execute();
      await store
        .insertInto('journals')
        .values({
          company: COMPANY,
          device: id,
          id: `journal-${id}`,
          contiguous_sequence: 10,
          contiguous_mac: '',
          head_sequence: 10,
          head_mac: '',
          stated_sequence: 0,
          first_seen_at: 0,
        })
        .execute();
    },
    /** A PC says where its journal ends; by default all up to there is held. */
    async pcReports(id = PC, when?: string, headSequence = 10) {
      const serverAt = when === undefined ? now : at(when);
      await recordHead(
        store,
        { company: COMPANY, device: id },
        {
          statement: {
            purpose: 'anchor',
            server: baseUrl,
            device: id as DeviceId,
            nonce: '',
            clock: { bootId: 'boot' as BootId, uptimeMs: serverAt },
            journal: { id: `journal-${id}` as JournalId, headSequence, headMac: '' },
          },
          issuedAtMs: serverAt,
          answeredAtMs: serverAt,
        },
      );
    },
    /** What a recomputation writes. */
    async computed(date: string, day: Day) {
      await writeDay(date, day);
      const changed = { company: COMPANY, employee, date };
      await store
        .insertInto('unplanned')
        .values(changed)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    /** A recomputation, and the round of the worker after it. */
    async day(date: string, day: Day, by: Forwarder = forwarder) {
      await world.computed(date, day);
      await by.planDue();
    },
    /** Works until nothing is due before `until`; the clock ends there. */
    async runUntil(until: string, by: Forwarder = forwarder) {
      const end = at(until);
      for (;;) {
        await by.planDue();
        const next = await by.runDue();
        if (next === null || next > end) break;
        now = Math.max(now + 1, next);
      }
      now = Math.max(now, end);
      await by.planDue();
      await by.runDue();
    },
    async rows() {
      const rows = await store.selectFrom('outbox').selectAll().orderBy('at').execute();
      return rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() }));
    },
    /** `kind state` of each row, in the order of their times. */
    async states() {
      const rows = await store.selectFrom('outbox').select(['kind', 'state', 'hold']).orderBy('at').execute();
      return rows.map(({ kind, state, hold }) => `${kind} ${state}${hold ? ` (${hold})` : ''}`);
    },
    async tasks() {
      const tasks = await store.selectFrom('tasks').select('kind').where('closed_at', 'is', null).execute();
      return tasks.map(({ kind }) => kind);
    },
    async runs() {
      return store.selectFrom('forward_runs').selectAll().orderBy('started_at').execute();
    },
    /** `code date time` of everything that stands in KING OF TIME. */
    standing: () =>
      control.state.punches
        .map(({ code, date, time }) => `${code} ${date} ${time.slice(0, 19)}`)
        .sort((a, b) => a.slice(2).localeCompare(b.slice(2))),
  };

  async function writeDay(date: string, day: Day) {
    const of = { company: COMPANY, employee, date };
    const ends =
      day.endsAt ??
      `${new Date(at(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)}T05:00:00+09:00`;
    await store.deleteFrom('punches').where('employee', '=', employee).where('date', '=', date).execute();
    await store.deleteFrom('workdays').where('employee', '=', employee).where('date', '=', date).execute();
    if (!day.in && !day.out) return;
    await store
      .insertInto('workdays')
      .values({
        ...of,
        ends_at: at(ends),
        in_at: day.in ? at(day.in) : null,
        in_log: null,
        out_at: day.out ? at(day.out) : null,
        out_log: null,
        breaks: '[]',
        carry_open_until: day.carryOpenUntil ? at(day.carryOpenUntil) : null,
        flags: JSON.stringify(day.flags ?? []),
        computed_at: now,
      })
      .execute();
    const punches: [PunchKind, string][] = [
      ...(day.in ? [['in', day.in] as [PunchKind, string]] : []),
      ...(day.breaks ?? []).flatMap(([start, end]): [PunchKind, string][] => [
        ['break-start', start],
        ['break-end', end],
      ]),
      ...(day.out ? [['out', day.out] as [PunchKind, string]] : []),
    ];
    for (const [kind, time] of punches) {
      const hold = day.holds?.[kind] ?? null;
      await store
        .insertInto('punches')
        .values({ ...of, kind, at: at(time), log: `log-${time}`, hold })
        .execute();
    }
  }

  await world.addPc(PC);
  return world;
}

export type World = Awaited<ReturnType<typeof createWorld>>;
