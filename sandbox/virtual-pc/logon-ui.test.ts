import { expect, test } from 'vitest';
import { sid } from '../../contract/ids.ts';
import type { Answered, Question } from '../../native/addon/types.ts';
import type { AuthMethod, AuthParams, SignInTry } from './bridge/auth-messages.ts';
import { AuthRefused, BridgeGone } from './bridge-process.ts';
import { type AuthPipe, LogonUi } from './logon-ui.ts';
import { NO_RULES } from './tile-without-bridge.ts';
import { WindowsAccounts } from './windows-accounts.ts';

const TARO = sid.parse('S-1-5-21-1-2-3-1001');
const RIGHT = 'himitsu';
const TRY: SignInTry = {
  scenario: 'logon',
  attempt: { processId: 1, processStarted: 1, sessionId: 1, sid: TARO },
  administrator: false,
  rehearsal: false,
};
const REHEARSAL = { ...TRY, rehearsal: true };
const CODE_AND_PASSWORD = { password: RIGHT, code: '123456', sealPassword: false };

const ASK_BOTH: Question = {
  action: 'ask',
  reason: 'by-methods',
  factors: ['otp', 'password'],
  alternative: [],
  codeOptional: false,
  substitutesOnly: false,
  alarm: false,
  waitMs: 0,
  recoveryCodesLeft: 9,
  maySealPassword: false,
};
const COMMON = { codeVerdict: '', waitMs: 0, clockOffsetMs: 0, resynchronised: false, recoveryCodesLeft: 9 };
const GRANTED: Answered = { ...COMMON, granted: true, method: 'otp+password', password: null };

type Script = { [M in AuthMethod]?: (params: AuthParams<M>) => unknown };

/** A screen over a bridge that answers what the script says, and is gone for anything else; `told` is what it was asked. */
function screen(script: Script, more: { downForMs?: number; enforcement?: boolean } = {}) {
  const told: { method: AuthMethod; params: unknown }[] = [];
  const pipe: AuthPipe = {
    downForMs: more.downForMs ?? null,
    async ask(method, params) {
      told.push({ method, params });
      const answer = script[method];
      if (!answer) throw new BridgeGone();
      return answer(params) as never;
    },
  };
  const user = { sid: TARO, domain: 'PC-01', name: 'taro', displayName: '山田 太郎', password: RIGHT };
  const ui = new LogonUi({
    pipe,
    accounts: new WindowsAccounts([user]),
    rules: async () => ({ ...NO_RULES, enforcement: more.enforcement ?? true }),
    patienceMs: 60_000,
  });
  return { ui, told: () => told.map(({ method }) => method), last: () => told.at(-1) };
}
const refuse = (code: string) => () => {
  throw new AuthRefused(code);
};
const reasonOf = (proof: Awaited<ReturnType<LogonUi['prove']>>) =>
  proof.proven ? 'proven' : proof.refusal.reason;

test('the tile shows what the core decided, codes and passwords in its order', async () => {
  const { ui } = screen({ question: () => ({ ...ASK_BOTH, alternative: ['otp'], waitMs: 30_000 }) });
  expect(await ui.tile(TRY)).toEqual({
    action: 'ask',
    reason: 'by-methods',
    fields: ['code', 'password'],
    alternative: ['code'],
    codeOptional: false,
    substitutesOnly: false,
    waitMs: 30_000,
    recoveryCodesLeft: 9,
    maySealPassword: false,
  });
});

test('where the core stands aside, or is missing, the tile is Windows’ own and the bridge hears no password', async () => {
  const scripts: [Script, string][] = [
    [
      { question: () => ({ ...ASK_BOTH, action: 'stand-aside', reason: 'enforcement-off' }) },
      'enforcement-off',
    ],
    [{ question: refuse('core-missing') }, 'core-missing'],
  ];
  for (const [script, reason] of scripts) {
    const { ui, told } = screen(script);
    expect(await ui.tile(TRY)).toMatchObject({ action: 'windows', reason, fields: ['password'] });
    expect(await ui.prove(TRY, CODE_AND_PASSWORD)).toEqual({
      proven: true,
      method: 'password',
      reason: null,
    });
    expect(reasonOf(await ui.prove(TRY, { password: 'no', sealPassword: false }))).toBe('wrong-password');
    expect(new Set(told())).toEqual(new Set(['question']));
  }
});

test('who has proven everything is let in by the method the core names, and the core hears of it', async () => {
  const { ui, told } = screen({
    question: () => ASK_BOTH,
    answer: () => GRANTED,
    'password-accepted': () => ({}),
  });
  expect(await ui.prove(TRY, CODE_AND_PASSWORD)).toEqual({
    proven: true,
    method: 'otp+password',
    reason: null,
  });
  expect(told()).toEqual(['question', 'answer', 'password-accepted']);
});

test('a wrong password is told to the core, and never reaches it', async () => {
  const { ui, told, last } = screen({
    question: () => ASK_BOTH,
    answer: ({ answers }) => {
      expect(answers).toEqual({ hasPassword: true, code: '123456' });
      return GRANTED;
    },
    'password-rejected': () => ({}),
  });
  expect(reasonOf(await ui.prove(TRY, { ...CODE_AND_PASSWORD, password: 'no' }))).toBe('wrong-password');
  expect(told()).toEqual(['question', 'answer', 'password-rejected']);
  expect(last()?.params).toEqual({ attempt: TRY.attempt });
});

test('a refused code says all there is to say, and Windows is not asked', async () => {
  const refusal = { ...COMMON, granted: false, refusal: 'clock-off', waitMs: 5, clockOffsetMs: -300_000 };
  const { ui, told } = screen({ question: () => ASK_BOTH, answer: () => refusal });
  expect(await ui.prove(TRY, CODE_AND_PASSWORD)).toEqual({
    proven: false,
    refusal: { reason: 'clock-off', waitMs: 5, clockOffsetMs: -300_000, recoveryCodesLeft: 9 },
  });
  expect(told()).toEqual(['question', 'answer']);
});

test('the password is sealed with consent only; a sealed one is given to Windows, and one that fails is said to be lost', async () => {
  const sealed = (password: string) =>
    screen({
      question: () => ({ ...ASK_BOTH, factors: ['otp'] }),
      answer: () => ({ ...GRANTED, method: 'otp', password }),
      'password-accepted': () => ({}),
      'password-rejected': () => ({}),
    });
  const ask = screen({ question: () => ASK_BOTH, answer: () => GRANTED, 'password-accepted': () => ({}) });
  await ask.ui.prove(TRY, CODE_AND_PASSWORD);
  expect(ask.last()?.params).toMatchObject({ passwordToSeal: null });
  await ask.ui.prove(TRY, { ...CODE_AND_PASSWORD, sealPassword: true });
  expect(ask.last()?.params).toMatchObject({ passwordToSeal: RIGHT });

  const codeAlone = { code: '123456', sealPassword: false };
  expect(await sealed(RIGHT).ui.prove(TRY, codeAlone)).toMatchObject({ proven: true, method: 'otp' });
  expect(reasonOf(await sealed('old').ui.prove(TRY, codeAlone))).toBe('sealed-password-lost');
});

test('a bridge that dies before it hears of the password keeps nobody out whom Windows took', async () => {
  const dying: Script = { question: () => ASK_BOTH, answer: () => GRANTED };
  expect(reasonOf(await screen(dying).ui.prove(TRY, CODE_AND_PASSWORD))).toBe('proven');
  expect(reasonOf(await screen(dying).ui.prove(REHEARSAL, CODE_AND_PASSWORD))).toBe('waiting');
});

test('a bridge that dies while it judges a code lets nobody in', async () => {
  const { ui } = screen({ question: () => ASK_BOTH });
  expect(reasonOf(await ui.prove(TRY, CODE_AND_PASSWORD))).toBe('waiting');
  const failing = screen({ question: () => ASK_BOTH, answer: refuse('disk-full') });
  expect(reasonOf(await failing.ui.prove(TRY, CODE_AND_PASSWORD))).toBe('unavailable');
});

test('without a bridge the tile waits a minute, then the password alone will do, and that is recorded', async () => {
  const early = screen({}, { downForMs: 59_999 });
  expect((await early.ui.tile(TRY)).action).toBe('wait');
  expect(reasonOf(await early.ui.prove(TRY, CODE_AND_PASSWORD))).toBe('waiting');
  const { ui } = screen({}, { downForMs: 60_000 });
  const reason = 'bridge-down-password-only';
  expect(await ui.tile(TRY)).toMatchObject({ action: 'ask', fields: ['password'], reason });
  expect(await ui.prove(TRY, CODE_AND_PASSWORD)).toEqual({ proven: true, method: 'password', reason });
  expect(reasonOf(await ui.prove(TRY, { password: 'no', sealPassword: false }))).toBe('wrong-password');
});

test('a rehearsal that would rehearse nothing is refused', async () => {
  const aside = screen({ question: () => ({ ...ASK_BOTH, action: 'stand-aside', reason: 'not-enrolled' }) });
  expect(reasonOf(await aside.ui.prove(REHEARSAL, CODE_AND_PASSWORD))).toBe('not-asked');
  const down = screen({}, { downForMs: 60_000 });
  expect(reasonOf(await down.ui.prove(REHEARSAL, CODE_AND_PASSWORD))).toBe('not-asked');
});

test('a challenge is null where nobody can give one', async () => {
  const given = screen({ 'emergency-challenge': () => ({ challenge: 'K7Q2-M9XD' }) });
  expect(await given.ui.emergencyChallenge(TARO)).toBe('K7Q2-M9XD');
  expect(await screen({}).ui.emergencyChallenge(TARO)).toBeNull();
});
