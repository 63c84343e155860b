import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineReader } from './lines.ts';

test('gives the same lines however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text))),
      fc.array(fc.nat(200)),
      (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const reader = new LineReader(1024);
        const got: string[] = [];
        const places = [0, ...cuts.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
        for (const [n, from] of places.entries())
          got.push(...reader.push(bytes.subarray(from, places[n + 1] ?? bytes.length)));
        expect(got).toEqual(lines);
      },
    ),
  );
});

test('takes a line of the greatest length and no longer one', () => {
  expect([...new LineReader(8).push(Buffer.from('12345678\n'))]).toEqual(['12345678']);
  expect(() => [...new LineReader(8).push(Buffer.from('123456789\n'))]).toThrow('longer');
});

test('refuses a line that never ends as soon as it is too long, whatever is kept back', () => {
  const reader = new LineReader(8);
  expect([...reader.push(Buffer.from('12345'))]).toEqual([]);
  expect(() => [...reader.push(Buffer.from('6789'))]).toThrow('longer');
});

test('refuses bytes that are not UTF-8', () => {
  expect(() => [...new LineReader(8).push(Buffer.from([0x22, 0xff, 0x22, 0x0a]))]).toThrow('UTF-8');
});
