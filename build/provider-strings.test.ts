import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeTable, readTexts, TABLE } from './provider-strings.ts';

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

test('the committed table is the one the languages make now', () => {
  expect(readFileSync(TABLE, 'utf8')).toBe(makeTable(readTexts('ja'), readTexts('en')));
});

test('every text has the same placeholders in both languages', () => {
  const english = readTexts('en');
  for (const [key, text] of readTexts('ja')) {
    expect(placeholders(english.get(key) ?? ''), key).toEqual(placeholders(text));
  }
});

test('a text that one language lacks is an error, not an empty tile', () => {
  expect(() => makeTable(new Map([['a', 'あ']]), new Map())).toThrow('Not in both languages: a');
});

test('two keys that would have one name in C++ are an error', () => {
  const texts = new Map([
    ['a.one-two', '一'],
    ['a.oneTwo', '二'],
  ]);
  expect(() => makeTable(texts, texts)).toThrow('Not told from others in C++: a.oneTwo');
});

test('quotes and backslashes of a text stay characters of the text', () => {
  const text = new Map([['a', String.raw`"会社\名"`]]);
  expect(makeTable(text, text)).toContain(String.raw`u"\"会社\\名\"",`);
});
