import { expect, test } from './demo.ts';

const HANAKO = /佐藤 花子/;
const ICHIRO = /鈴木 一郎/;

test('a logon becomes 出勤 in KING OF TIME', async ({ pc, kingOfTime }) => {
  await expect(kingOfTime.punches(HANAKO, 'in')).toHaveCount(0);
  await pc.signIn(HANAKO);
  await expect(kingOfTime.punches(HANAKO, 'in')).toHaveCount(1);
  await expect(kingOfTime.punches(HANAKO, 'out')).toHaveCount(0);
  await expect(kingOfTime.punches(ICHIRO, 'in')).toHaveCount(0);
});

test('what happens with the cable out arrives when it is in again, once', async ({ pc, kingOfTime }) => {
  await pc.cable('out');
  await pc.signIn(HANAKO);
  await pc.startMenu('ロック');
  await pc.signIn(HANAKO);
  await pc.startMenu('サインアウト');
  await pc.signIn(ICHIRO);
  await expect(pc.events('logon')).toHaveCount(2);
  await expect(kingOfTime.punches(HANAKO, 'in')).toHaveCount(0);

  await pc.cable('in');
  await pc.allArrived();
  await expect(kingOfTime.punches(HANAKO, 'in')).toHaveCount(1);
  await expect(kingOfTime.punches(HANAKO, 'out')).toHaveCount(1);
  await expect(kingOfTime.punches(ICHIRO, 'in')).toHaveCount(1);
  await expect(pc.events('logon')).toHaveCount(2);
});

test('a PC that loses its power offline loses nothing it had recorded', async ({ pc, kingOfTime }) => {
  await pc.signIn(HANAKO);
  await expect(kingOfTime.punches(HANAKO, 'in')).toHaveCount(1);
  await pc.cable('out');
  await pc.startMenu('ロック');
  await pc.signIn(HANAKO);
  await pc.pullThePlug();
  await pc.powerOn();
  // The logoff nobody saw is deduced, flagged, and makes no punch.
  await expect(pc.events('logoff').and(pc.page.locator('[data-source="reconciled"]'))).toHaveCount(1);
  await pc.cable('in');
  await pc.allArrived();
  await expect(pc.events('lock')).toHaveCount(1);
  await expect(kingOfTime.punches(HANAKO, 'in')).toHaveCount(1);
});
