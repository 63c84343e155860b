import { describe, expect, it } from 'vitest';
import type { PunchKind } from '../../contract/me.ts';
import { listAudit } from '../audit/audit.ts';
import { createIngest } from '../logs/ingest.ts';
import { registerDevice, testSecrets } from '../logs/journal.test-support.ts';
import { addEmployee, NOW, withCompany } from './administration.test-support.ts';
import { commands } from './commands.ts';
import { createCompany } from './companies.ts';

const DATE = '2026-05-31';
/** An instant of the workday in Tokyo. */
const at = (time: string) => Date.parse(`${DATE}T${time}:00+09:00`);
const iso = (time: string) => new Date(at(time)).toISOString();

/** A company that forwards, with one employee, and another company to be kept apart from it. */
async function start() {
  const { store, company } = await withCompany();
  await createCompany(store, { code: 'xyz', name: 'Other', atMs: NOW });
  await addEmployee(store, company, 'taro', '1001');
  await store
    .insertInto('attendance_services')
    .values({ company, base_url: 'https://api.example', sealed_token: '', enabled: 1 })
    .execute();
  const secrets = testSecrets();
  const clock = { now: () => NOW };
  const run = async (name: string, options: Record<string, string> = {}) =>
    (await commands[name]?.run(
      { store, secrets, clock, readText: async () => '' },
      { company: 'abc', ...options },
    )) ?? [];
  const list = async (name: string) => (await run(name)).map((line): unknown => JSON.parse(line));
  const audited = () => listAudit(store, company, { fromMs: 0, toMs: NOW + 1, limit: 100 });
  return { store, company, secrets, clock, run, list, audited };
}

/** The same with a workday whose 出勤 is held, and whose 退勤 failed. */
async function withHeldDay() {
  const started = await start();
  const { store, company } = started;
  const day = { company, employee: 'taro', date: DATE };
  await store
    .insertInto('workdays')
    .values({
      ...day,
      ends_at: at('24:00'),
      in_at: at('09:00'),
      in_log: 'log-in',
      out_at: at('18:00'),
      out_log: 'log-out',
      breaks: '[]',
      flags: '[]',
      carry_open_until: null,
      computed_at: NOW,
    })
    .execute();
  const punch = async (id: string, kind: PunchKind, time: string, hold: string | null) => {
    await store
      .insertInto('punches')
      .values({ ...day, kind, at: at(time), log: `log-${kind}`, hold: hold })
      .execute();
    await store
      .insertInto('outbox')
      .values({
        ...day,
        id,
        kind,
        at: at(time),
        state: hold === null ? 'failed' : 'held',
        hold,
        attempts: hold === null ? 2 : 0,
        not_before: 0,
        last_problem: hold === null ? 'not-arrived' : null,
        created_at: 0,
        changed_at: 0,
      })
      .execute();
  };
  await punch('row-in', 'in', '09:00', 'in-by-end');
  await punch('row-out', 'out', '18:00', null);
  await store
    .insertInto('tasks')
    .values({
      ...day,
      id: 'task-1',
      kind: 'not-arrived',
      detail: JSON.stringify({ kind: 'out', at: at('18:00') }),
      created_at: NOW,
      closed_at: null,
    })
    .execute();
  const ledger = () =>
    store.selectFrom('outbox').select(['id', 'kind', 'at', 'state', 'hold']).orderBy('at').execute();
  return { ...started, ledger };
}

describe('held and failed punches', () => {
  it('are listed with what they wait for, each company’s own', async () => {
    const { list, run } = await withHeldDay();
    const common = { employeeCode: '1001', date: DATE };
    expect(await list('list-held')).toEqual([
      {
        ...common,
        row: 'row-in',
        kind: 'in',
        at: iso('09:00'),
        state: 'held',
        hold: 'in-by-end',
        problem: null,
      },
      {
        ...common,
        row: 'row-out',
        kind: 'out',
        at: iso('18:00'),
        state: 'failed',
        hold: null,
        problem: 'not-arrived',
      },
    ]);
    expect(await run('list-held', { company: 'xyz' })).toEqual([]);
  });

  it('go when they are released, which is audited and ends their tasks', async () => {
    const { run, list, ledger, audited } = await withHeldDay();
    await run('release', { row: 'row-in', by: '佐藤' });
    await run('release', { row: 'row-out' });
    expect(await ledger()).toMatchObject([
      { id: 'row-in', state: 'waiting' },
      { id: 'row-out', state: 'waiting' },
    ]);
    expect(await list('list-held')).toEqual([]);
    expect(await list('list-tasks')).toEqual([]);
    const [last, first] = await audited();
    expect(last).toMatchObject({ action: 'punch-released', actor: 'command line', employee: 'taro' });
    expect(first).toMatchObject({ action: 'punch-released', actor: '佐藤', actor_kind: 'administrator' });
    expect(JSON.parse(first?.detail ?? '')).toEqual({
      row: 'row-in',
      date: DATE,
      kind: 'in',
      at: iso('09:00'),
    });
  });

  it('are released once, by their own company, and only while they wait for a person', async () => {
    const { run, ledger, audited } = await withHeldDay();
    const before = await ledger();
    await expect(run('release', { company: 'xyz', row: 'row-in' })).rejects.toMatchObject({
      code: 'not-held',
    });
    expect(await ledger()).toEqual(before);
    await run('release', { row: 'row-in' });
    await expect(run('release', { row: 'row-in' })).rejects.toMatchObject({ code: 'not-held' });
    expect(await audited()).toHaveLength(1);
  });

  it('stay held when the release cannot be audited', async () => {
    const { run, store, ledger } = await withHeldDay();
    const before = await ledger();
    await store.schema.dropTable('audit').execute();
    await expect(run('release', { row: 'row-in' })).rejects.toThrow('audit');
    await expect(run('dismiss-task', { task: 'task-1' })).rejects.toThrow('audit');
    expect(await ledger()).toEqual(before);
    expect(await run('list-tasks')).toHaveLength(1);
  });
});

describe('a time the administrator knows', () => {
  const time = (kind: 'in' | 'out', clock: string) => ({
    'employee-code': '1001',
    date: DATE,
    kind,
    at: `${DATE}T${clock}:00+09:00`,
  });

  it('goes instead of the day’s, and is audited', async () => {
    const { run, ledger, audited } = await withHeldDay();
    await run('enter-time', { ...time('in', '08:45'), by: '佐藤' });
    await run('enter-time', time('out', '17:45'));
    expect(await ledger()).toMatchObject([
      { id: 'row-in', at: at('08:45'), state: 'waiting', hold: 'entered' },
      { kind: 'out', at: at('17:45'), state: 'waiting', hold: 'entered' },
      { id: 'row-out', state: 'withdrawn' },
    ]);
    expect(await audited()).toMatchObject([
      { action: 'punch-time-entered', actor: 'command line' },
      { action: 'punch-time-entered', actor: '佐藤', employee: 'taro' },
    ]);
  });

  it('can be entered for a leaver’s last day', async () => {
    const { run, store, ledger } = await withHeldDay();
    await store.updateTable('employees').set({ removed_at: NOW }).execute();
    await run('enter-time', time('in', '08:45'));
    expect((await ledger())[0]).toMatchObject({ at: at('08:45'), hold: 'entered' });
  });

  it('is refused where it cannot be, and nothing changes', async () => {
    const { run, store, ledger, audited } = await withHeldDay();
    await store.updateTable('outbox').set({ state: 'sent' }).where('id', '=', 'row-out').execute();
    const before = await ledger();
    const cases = [
      [{ ...time('in', '09:00'), 'employee-code': '9' }, 'unknown-employee'],
      [{ ...time('in', '09:00'), date: '2026-05-01' }, 'unknown-workday'],
      [{ ...time('in', '09:00'), at: '2026-05-20T09:00:00+09:00' }, 'outside-workday'],
      [time('out', '17:45'), 'already-sent'],
    ] as const;
    for (const [options, code] of cases) {
      await expect(run('enter-time', options)).rejects.toMatchObject({ code });
    }
    await expect(run('enter-time', { ...time('in', '09:00'), at: '09:00' })).rejects.toThrow('must be like');
    await store.updateTable('outbox').set({ state: 'failed' }).where('id', '=', 'row-out').execute();
    await expect(run('enter-time', time('out', '08:00'))).rejects.toMatchObject({ code: 'out-before-in' });
    await store.updateTable('outbox').set({ state: 'sent' }).where('id', '=', 'row-out').execute();
    expect(await ledger()).toEqual(before);
    expect(await audited()).toEqual([]);
  });
});

describe('tasks', () => {
  it('are listed, and dismissed once by their own company', async () => {
    const { run, list, audited } = await withHeldDay();
    expect(await list('list-tasks')).toMatchObject([
      { task: 'task-1', employeeCode: '1001', date: DATE, kind: 'not-arrived' },
    ]);
    const elsewhere = run('dismiss-task', { company: 'xyz', task: 'task-1' });
    await expect(elsewhere).rejects.toMatchObject({ code: 'unknown-task' });
    await run('dismiss-task', { task: 'task-1', by: '佐藤' });
    await expect(run('dismiss-task', { task: 'task-1' })).rejects.toMatchObject({ code: 'unknown-task' });
    expect(await list('list-tasks')).toEqual([]);
    expect(await audited()).toMatchObject([{ action: 'task-dismissed', actor: '佐藤', employee: 'taro' }]);
  });

  it('say so when there are more than a list shows', async () => {
    const { run, store, company } = await withHeldDay();
    const more = Array.from({ length: 200 }, (_, index) => ({
      company,
      id: `more-${index}`,
      employee: 'taro',
      date: DATE,
      kind: 'unsettled',
      detail: '{}',
      created_at: NOW + 1 + index,
      closed_at: null,
    }));
    await store.insertInto('tasks').values(more).execute();
    const lines = await run('list-tasks');
    expect(lines).toHaveLength(201);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ task: 'task-1' });
    expect(lines[200]).toMatch('more');
  });
});

describe('findings', () => {
  /** A PC that brought another record for a place already taken, twice. */
  async function withContestedJournal() {
    const started = await start();
    const { store, company, secrets, clock } = started;
    const pc = await registerDevice(store, secrets, { company, at: NOW - 86_400_000 });
    const journal = pc.journal(at('08:00'));
    const ingest = createIngest({ store, secrets, clock });
    const first = journal.record({ at: at('09:00') });
    const second = journal.record({ at: at('12:00') });
    const fork = journal.seal(2, first.mac, { at: at('15:00') });
    const otherFork = journal.seal(2, first.mac, { at: at('16:00') });
    await ingest(pc.itself(), [first, second, fork, otherFork], null);
    const received = async (...records: unknown[]) =>
      (await ingest(pc.itself(), records, null)).receipts.map(({ throughSequence }) => throughSequence);
    return { ...started, pc, journal, fork, received };
  }

  it('of a contested journal keep its receipts back until the last of them is closed', async () => {
    const { run, list, pc, journal, fork, received, audited } = await withContestedJournal();
    const open = (await list('list-findings')) as { finding: string }[];
    expect(open).toMatchObject([
      { kind: 'sequence-reused', device: pc.id, deviceName: 'PC-1', journal: journal.id, sequence: 2 },
      { kind: 'sequence-reused' },
    ]);
    const [one = '', another = ''] = open.map(({ finding }) => finding);
    expect(await received(journal.record({ at: at('17:00') }))).toEqual([0]);

    expect(await run('close-finding', { finding: one, by: '佐藤' })).toHaveLength(2);
    expect(await received(journal.record({ at: at('17:30') }))).toEqual([0]);
    expect(await run('close-finding', { finding: another })).toHaveLength(1);
    expect(await received(journal.record({ at: at('18:00') }))).toEqual([5]);
    // What was refused and dealt with is not found anew when the PC brings it again.
    expect(await received(fork)).toEqual([5]);

    expect(await list('list-findings')).toEqual([]);
    expect(await audited()).toMatchObject([
      { action: 'finding-closed', actor: 'command line', device: pc.id },
      { action: 'finding-closed', actor: '佐藤', device: pc.id },
    ]);
  });

  it('are closed once, by their own company, and keep their evidence', async () => {
    const { run, list, store } = await withContestedJournal();
    const [{ finding } = { finding: '' }] = (await list('list-findings')) as { finding: string }[];
    const elsewhere = run('close-finding', { company: 'xyz', finding });
    await expect(elsewhere).rejects.toMatchObject({ code: 'unknown-finding' });
    await run('close-finding', { finding });
    await expect(run('close-finding', { finding })).rejects.toMatchObject({ code: 'unknown-finding' });
    expect(await run('list-findings', { company: 'xyz' })).toEqual([]);
    const kept = await store
      .selectFrom('findings')
      .select(['evidence', 'closed_at'])
      .where('id', '=', finding)
      .executeTakeFirstOrThrow();
    expect(kept).toMatchObject({ closed_at: NOW, evidence: expect.stringContaining('record') });
  });
});
