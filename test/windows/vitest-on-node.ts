/**
 * As much of vitest as test/conformance says: there is no vitest for Windows on a Linux machine (its native parts are another
 * platform's), and the suite must run in Windows Node all the same. A matcher that is not here fails the check that asks for it.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test as nodeTest, suite } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { format, inspect, isDeepStrictEqual } from 'node:util';

export { afterEach, beforeEach };

type Body = () => unknown;
const TEST_MS = 60_000;
const POLL_MS = 50;

export const describe = (name: string, body: () => void): void => void suite(name, body);

export function test(name: string, body: Body, timeout = TEST_MS): void {
  void nodeTest(name, { timeout }, async () => {
    await body();
  });
}
test.each =
  (cases: readonly unknown[]) =>
  (name: string, body: (...values: unknown[]) => unknown, timeout?: number): void => {
    for (const one of cases) {
      const values = Array.isArray(one) ? one : [one];
      // As printf, but that what is left over is not put behind.
      const places = name.match(/%[sj]/g)?.length ?? 0;
      test(format(name, ...values.slice(0, places)), () => body(...values), timeout);
    }
  };

/** A property that is undefined is the same as none. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const defined = Object.entries(value).filter(([, held]) => held !== undefined);
  return Object.fromEntries(defined.map(([name, held]) => [name, withoutUndefined(held)]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function matches(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((one, index) => matches(actual[index], one))
    );
  if (!isObject(wanted)) return isDeepStrictEqual(actual, wanted);
  return isObject(actual) && Object.entries(wanted).every(([name, one]) => matches(actual[name], one));
}

const MATCHERS = {
  toBe: Object.is,
  toBeNull: (actual: unknown) => actual === null,
  toEqual: (actual: unknown, wanted: unknown) =>
    isDeepStrictEqual(withoutUndefined(actual), withoutUndefined(wanted)),
  toMatchObject: matches,
  toContain: (actual: string | unknown[], wanted: never) => actual.includes(wanted),
  toHaveLength: (actual: { length: number }, wanted: number) => actual.length === wanted,
  toHaveProperty: (actual: object, wanted: string) => wanted in actual,
  toBeGreaterThan: (actual: number, wanted: number) => actual > wanted,
  toBeGreaterThanOrEqual: (actual: number, wanted: number) => actual >= wanted,
  toBeLessThanOrEqual: (actual: number, wanted: number) => actual <= wanted,
} as const;
type Matcher = keyof typeof MATCHERS;
type Expectations = Record<Matcher, (wanted?: unknown) => void>;

function expectations(actual: unknown, negated: boolean): Expectations {
  const judge = (name: string) => (wanted?: unknown) => {
    const matcher = MATCHERS[name as Matcher] as ((actual: unknown, wanted: unknown) => boolean) | undefined;
    assert.ok(matcher, `vitest-on-node.ts has no ${name}`);
    if (matcher(actual, wanted) === negated) {
      assert.fail(
        `expected ${inspect(actual, { depth: 6 })} ${negated ? 'not ' : ''}${name} ${inspect(wanted)}`,
      );
    }
  };
  return new Proxy({} as Expectations, { get: (_, name) => judge(String(name)) });
}

export const expect = (actual: unknown): Expectations & { not: Expectations } =>
  new Proxy(expectations(actual, false) as Expectations & { not: Expectations }, {
    get: (matchers, name) => (name === 'not' ? expectations(actual, true) : Reflect.get(matchers, name)),
  });

/** Asks again and again until the answer fits. */
expect.poll = (
  ask: () => unknown,
  { timeout = 1_000 } = {},
): Record<Matcher, (wanted?: unknown) => Promise<void>> =>
  new Proxy({} as Record<Matcher, (wanted?: unknown) => Promise<void>>, {
    get: (_, name) => async (wanted?: unknown) => {
      const signal = AbortSignal.timeout(timeout);
      for (;;) {
        try {
          return Reflect.get(expectations(await ask(), false), name)(wanted);
        } catch (error) {
          if (signal.aborted) throw error;
          await pause(POLL_MS);
        }
      }
    },
  });
