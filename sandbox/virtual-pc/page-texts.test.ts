import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EVENT_KINDS } from '../../contract/event.ts';
import { enrolmentProof, logonMethods } from '../../contract/logon.ts';
import { HOLD_REASONS, punchState } from '../../contract/me.ts';
import type { ProblemCode } from '../../contract/problem.ts';
import en from '../../locales/en/virtual-pc.json' with { type: 'json' };
import ja from '../../locales/ja/virtual-pc.json' with { type: 'json' };
import { REGISTRATION_PROBLEMS } from './page/registration/problems.ts';
import { STANDINGS, STEPS } from './page/registration/standing.ts';
import { REFUSALS, TOLD_REASONS } from './page/sign-in/refusals.ts';
import { FIELDS } from './page/sign-in/ways.ts';
import { clientView, power } from './page-messages.ts';

/** What keeps records from the server and a person can do something about, or should know. */
const PROBLEMS_OF_REPORTING: ProblemCode[] = [
  'unknown-company',
  'access-token-unknown',
  'access-token-expired',
  'access-token-revoked',
  'access-token-used-up',
  'unknown-device',
  'device-retired',
  'too-many-requests',
  'internal-error',
  'unavailable',
];

const flat = (texts: object, prefix = ''): [string, string][] =>
  Object.entries(texts).flatMap(([key, text]) =>
    typeof text === 'string' ? [[prefix + key, text]] : flat(text, `${prefix}${key}.`),
  );
const japanese = new Map(flat(ja));
const english = new Map(flat(en));
const placeholders = (text = '') => (text.match(/\{\{\w+\}\}/g) ?? []).toSorted();

test('both languages say the same things with the same values in them', () => {
  expect([...english.keys()].toSorted()).toEqual([...japanese.keys()].toSorted());
  for (const [key, text] of japanese) expect(placeholders(english.get(key)), key).toEqual(placeholders(text));
});

test('there is a text for every text the page names', () => {
  const directory = path.join(import.meta.dirname, 'page');
  const sources = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.tsx?$/.test(name) && !name.includes('.test.'),
  );
  const named = sources.flatMap((name) =>
    [...readFileSync(path.join(directory, name), 'utf8').matchAll(/\bt\('([\w.-]+)'/g)].map(
      ([, key]) => key ?? '',
    ),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((key) => !japanese.has(key))).toEqual([]);
});

test('there is a text for everything the page may have to name', () => {
  const wanted = [
    ...EVENT_KINDS.map((kind) => `kind.${kind}`),
    ...HOLD_REASONS.map((reason) => `holdReason.${reason}`),
    ...FIELDS.map((field) => `signIn.field.${field}`),
    ...Object.keys(REFUSALS).map((reason) => `signIn.refusal.${reason}`),
    ...TOLD_REASONS.map((reason) => `signIn.reason.${reason}`),
    ...['copy', 'copied', 'failed'].map((outcome) => `copy.${outcome}`),
    ...STANDINGS.map((name) => `registration.standing.${name}`),
    ...STANDINGS.map((name) => `registration.nextSignIn.${name}`),
    ...STEPS.map((step) => `registration.step.${step}`),
    ...REGISTRATION_PROBLEMS.map((code) => `registration.problem.${code}`),
    ...logonMethods.options.map((methods) => `registration.methods.${methods}`),
    ...enrolmentProof.shape.kind.options.map((kind) => `registration.start.field.${kind}`),
    ...['enrolment', 'codes'].map((unfinished) => `registration.leave.${unfinished}`),
    ...PROBLEMS_OF_REPORTING.map((code) => `problem.${code}`),
    ...punchState.options.map((state) => `punchState.${state}`),
    ...clientView.shape.server.options.map((state) => `tray.state.${state}`),
    ...power.options.filter((state) => state !== 'on').map((state) => `power.${state}`),
  ];
  expect(wanted.filter((key) => !japanese.has(key))).toEqual([]);
});
