import { expect, test } from 'vitest';
import { Alarm } from './alarm.ts';
import { testTime } from './time.test-support.ts';

const awake = new AbortController().signal;

function setUp() {
  const time = testTime();
  return { time, alarm: new Alarm<'events' | 'now'>(time.timers) };
}

test('sleeps until the time is over', async () => {
  const { time, alarm } = setUp();
  const sleep = alarm.sleep(100, ['now'], awake);
  time.pass(100);
  expect(await sleep).toBe(false);
});

test('is woken by a reason it was told of, and leaves no timer', async () => {
  const { time, alarm } = setUp();
  const sleep = alarm.sleep(100, ['now'], awake);
  alarm.ring('now');
  expect(await sleep).toBe(true);
  expect(time.pending).toBe(0);
});

test('a reason that came before the sleep ends it at once, and only one sleep', async () => {
  const { time, alarm } = setUp();
  alarm.ring('events');
  expect(await alarm.sleep(null, ['events'], awake)).toBe(true);
  const next = alarm.sleep(100, ['events'], awake);
  time.pass(100);
  expect(await next).toBe(false);
});

test('a reason it was not told of waits for a sleep that is', async () => {
  const { time, alarm } = setUp();
  const deaf = alarm.sleep(100, ['now'], awake);
  alarm.ring('events');
  time.pass(100);
  expect(await deaf).toBe(false);
  expect(await alarm.sleep(null, ['events'], awake)).toBe(true);
});

test('ends with the signal, during the sleep or before it, and leaves no timer', async () => {
  const { time, alarm } = setUp();
  const stopping = new AbortController();
  const sleep = alarm.sleep(100, ['now'], stopping.signal);
  stopping.abort();
  expect(await sleep).toBe(false);
  expect(await alarm.sleep(100, ['now'], stopping.signal)).toBe(false);
  expect(time.pending).toBe(0);
});
