import { describe, expect, it } from 'vitest';
import { engines } from '../store/engines.test-support.ts';
import { codeSubjects, countFailure, otpSubjects, refuseIfBraked, waitAfter } from './attempts.ts';

const who = { company: 'c', device: 'd', employee: 'e' };
const HOUR_MS = 3_600_000;

describe.each(engines)('wrong codes on $name', ({ open }) => {
  async function failing(subjects = otpSubjects(who)) {
    const store = await open();
    const fail = async (times: number, atMs: number) => {
      let last = { turnedOff: false };
      for (let i = 0; i < times; i++) last = await countFailure(store, 'c', subjects, atMs);
      return last;
    };
    const state = (nowMs: number, of = subjects) => refuseIfBraked(store, 'c', of, nowMs);
    return { store, fail, state };
  }

  it('wait 30 s after the fifth, doubling to a quarter of an hour', () => {
    const [brake] = otpSubjects(who).map((subject) => subject.brake);
    if (!brake) throw new Error('no brake');
    const waits = [4, 5, 6, 7, 8, 9, 10, 49, 1e9].map((failures) => waitAfter(brake, failures) / 1000);
    expect(waits).toEqual([0, 30, 60, 120, 240, 480, 900, 900, 900]);
  });

  it('wait neither shorter nor longer when the clock is set back', async () => {
    const { fail, state } = await failing();
    await fail(5, 10 * HOUR_MS);
    expect(await state(10 * HOUR_MS + 29_999)).toMatchObject({ ok: false, waitMs: 1 });
    expect((await state(10 * HOUR_MS + 30_000)).ok).toBe(true);
    expect(await state(1 * HOUR_MS)).toMatchObject({ ok: false, waitMs: 30_000 });
  });

  it('turn codes off with the fiftieth, once, and no time turns them on', async () => {
    const { fail, state } = await failing();
    expect((await fail(49, 0)).turnedOff).toBe(false);
    expect((await fail(1, 0)).turnedOff).toBe(true);
    expect((await fail(1, 0)).turnedOff).toBe(false);
    expect(await state(1e12)).toMatchObject({ ok: false, problem: 'codes-off' });
  });

  it('on many PCs slow an employee down on all, and turn none off', async () => {
    const { store, state } = await failing();
    for (let pc = 0; pc < 60; pc++) {
      await countFailure(store, 'c', otpSubjects({ ...who, device: `pc${pc}` }), 0);
    }
    const fresh = otpSubjects({ ...who, device: 'another' });
    expect(await state(0, fresh)).toMatchObject({ ok: false, problem: 'too-many-requests', waitMs: 900_000 });
    expect((await state(900_000, fresh)).ok).toBe(true);
    expect((await state(0, otpSubjects({ ...who, employee: 'somebody else' }))).ok).toBe(true);
  });

  it('of one-time codes are forgotten: by a PC after a day, by the company after an hour', async () => {
    const { store, state } = await failing(codeSubjects(who));
    for (let i = 0; i < 200; i++) {
      await countFailure(store, 'c', codeSubjects({ ...who, device: `pc${i}` }), 0);
    }
    const fresh = codeSubjects({ ...who, device: 'another' });
    expect((await state(29_000, fresh)).ok).toBe(false);
    expect((await state(30_000, fresh)).ok).toBe(true);
    for (let i = 0; i < 9; i++) await countFailure(store, 'c', codeSubjects(who), 0);
    await countFailure(store, 'c', codeSubjects(who), 24 * HOUR_MS);
    expect((await state(24 * HOUR_MS)).ok).toBe(true);
  });
});
