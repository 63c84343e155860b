import { expect, test } from 'vitest';
import { reportText, unanswered } from './report.ts';

const answer = {
  title: 'state',
  command: 'sc queryex SystemLogBridge',
  text: 'STATE : 4 RUNNING',
  problem: null,
};
const refused = { title: 'files', command: null, text: '', problem: 'EPERM: operation not permitted' };
const sections = [{ title: 'Bridge', answers: [answer, refused] }];

test('says when it was taken, what was asked, and what came of it', () => {
  const text = reportText('2026-11-21T10:00:00.000+09:00', sections);
  for (const part of [
    '2026-11-21T10:00',
    '== Bridge',
    '> sc queryex SystemLogBridge',
    '4 RUNNING',
    '! EPERM',
  ])
    expect(text).toContain(part);
});

test('has Windows’ line ends throughout, whatever the programs wrote', () => {
  const text = reportText('now', [{ title: 'x', answers: [{ ...answer, text: 'one\r\ntwo\nthree' }] }]);
  expect(text.split('\r\n').some((line) => /[\r\n]/.test(line))).toBe(false);
});

test('lets no secret out that a program said', () => {
  const text = reportText('now', [
    { title: 'x', answers: [{ ...answer, text: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP' }] },
  ]);
  expect(text).not.toContain('JBSWY3DPEHPK3PXP');
});

test('counts what gave no answer', () => {
  expect(unanswered(sections)).toEqual({ asked: 2, without: ['Bridge: files'] });
});
