import { expect, PASSWORD, test, type VirtualPc } from './demo.ts';
import type { Registered } from './registration.ts';

// A phone shows a new code every 30 seconds, and each serves once.
test.describe.configure({ timeout: 240_000 });

/** Password, then code. */
const MISAKI = /高橋 美咲/;
/** Code, then password. */
const KENTA = /田中 健太/;
/** The code alone. */
const NAOKI = /伊藤 直樹/;
const MAIL = {
  misaki: 'misaki.takahashi@demo.example',
  kenta: 'kenta.tanaka@demo.example',
  naoki: 'naoki.ito@demo.example',
};

/** From the first sign-in to a registered account whose sign-in was rehearsed. */
async function register(pc: VirtualPc, user: RegExp, oneTimeCode: string): Promise<Registered> {
  await pc.signIn(user);
  await pc.registration.open();
  await pc.registration.link(oneTimeCode);
  const registered = await pc.registration.enrol();
  await pc.registration.rehearse(PASSWORD, registered);
  return registered;
}

test('a new employee links by the mailed code, enrols by the QR code, locks, and unlocks by a code', async ({
  pc,
  kingOfTime,
  mails,
}) => {
  await pc.signIn(MISAKI);
  await expect(kingOfTime.punches(MISAKI, 'in')).toHaveCount(0);
  await pc.registration.open();
  await pc.registration.link('0000-0000-0000');
  await expect(pc.registration.problem(/ワンタイムコードが違う/)).toBeVisible();
  await pc.registration.link(await mails.oneTimeCode(MAIL.misaki));
  const registered = await pc.registration.enrol();
  // The logon from before the link is hers now.
  await expect(kingOfTime.punches(MISAKI, 'in')).toHaveCount(1);
  await pc.registration.rehearse(PASSWORD, registered);

  await pc.startMenu('ロック');
  const code = await registered.phone.nextCode();
  await pc.signIn(MISAKI, { password: PASSWORD, code });
  await pc.allArrived();
  await expect(kingOfTime.punches(MISAKI, 'in')).toHaveCount(1);
  await expect(pc.events('unlock')).toHaveCount(1);
  expect(await mails.subjects(MAIL.misaki)).toEqual(
    expect.arrayContaining([expect.stringContaining('ワンタイムパスワードが登録されました')]),
  );

  // From now on there is no way in without a code.
  await pc.startMenu('ロック');
  await pc.chooseUser(MISAKI);
  await pc.prove({ password: PASSWORD, code: '' });
  await expect(pc.refusal('ワンタイムパスワードを入力してください')).toBeVisible();
});

test('the registration window that finds no server goes on by itself once there is one', async ({ pc }) => {
  await pc.signIn(MISAKI);
  await pc.cable('out');
  await pc.registration.open();
  await expect(pc.registration.problem(/サーバー/)).toBeVisible();
  await pc.cable('in');
  await expect(pc.registration.oneTimeCode).toBeVisible({ timeout: 15_000 });
});

test('a code that is wrong, used or guessed too often is refused in its own words; a recovery code lets in', async ({
  pc,
  mails,
}) => {
  const { phone, recoveryCodes } = await register(pc, MISAKI, await mails.oneTimeCode(MAIL.misaki));
  const [first = '', second = ''] = recoveryCodes;
  await pc.startMenu('ロック');
  const code = await phone.nextCode();
  await pc.signIn(MISAKI, { password: PASSWORD, code });
  await pc.startMenu('ロック');
  await pc.chooseUser(MISAKI);
  await pc.prove({ password: PASSWORD, code });
  await expect(pc.refusal('このコードは使用済みです')).toBeVisible();
  await pc.prove({ password: PASSWORD, code: '12345' });
  await expect(pc.refusal('コードは6桁か8桁の数字です')).toBeVisible();

  const wrong = notOf(code);
  await pc.prove({ password: PASSWORD, code: wrong });
  await expect(pc.refusal('ワンタイムパスワードが違います')).toBeVisible();
  await expect(async () => {
    if (await pc.tileField('code').isEnabled()) await pc.prove({ password: PASSWORD, code: wrong });
    await expect(pc.tile.getByText(/までお待ちください/)).toBeVisible({ timeout: 1_000 });
  }).toPass();

  await pc.tile.getByRole('button', { name: 'リカバリーコードを使う' }).click();
  await pc.prove({ password: PASSWORD, recoveryCode: 'AAAA-AAAA-AAAA-AAAA' });
  await expect(pc.refusal('リカバリーコードが違います')).toBeVisible();
  await pc.signIn(MISAKI, { password: PASSWORD, recoveryCode: first.toLowerCase() });
  await pc.startMenu('ロック');
  await pc.chooseUser(MISAKI);
  await pc.tile.getByRole('button', { name: 'リカバリーコードを使う' }).click();
  await pc.prove({ password: PASSWORD, recoveryCode: first });
  await expect(pc.refusal('このリカバリーコードは使用済みです')).toBeVisible();
  await pc.signIn(MISAKI, { password: PASSWORD, recoveryCode: second });
});

test('after a wrong password the same code may be typed again', async ({ pc, mails }) => {
  const { phone } = await register(pc, KENTA, await mails.oneTimeCode(MAIL.kenta));
  await pc.startMenu('ロック');
  await pc.chooseUser(KENTA);
  // The group asks for the code first.
  await expect(pc.tile.locator('input')).toHaveCount(2);
  await expect(pc.tile.locator('input').first()).toHaveAttribute('name', 'code');
  const code = await phone.nextCode();
  await pc.prove({ code, password: 'wrong' });
  await expect(pc.refusal('パスワードが違います')).toBeVisible();
  await pc.prove({ code, password: PASSWORD });
  await expect(pc.page.getByRole('button', { name: 'スタート' })).toBeVisible();
});

test('a group that asks for the code alone gets by with it once the password was sealed', async ({
  pc,
  mails,
}) => {
  const { phone } = await register(pc, NAOKI, await mails.oneTimeCode(MAIL.naoki));
  await pc.startMenu('ロック');
  await pc.chooseUser(NAOKI);
  await pc.tile.getByLabel(/次回からワンタイムパスワードだけでサインインする/).check();
  const code = await phone.nextCode();
  await pc.prove({ code, password: PASSWORD });
  await expect(pc.page.getByRole('button', { name: 'スタート' })).toBeVisible();
  await pc.startMenu('ロック');
  await pc.chooseUser(NAOKI);
  await expect(pc.tileField('code')).toBeVisible();
  await expect(pc.tileField('password')).toHaveCount(0);
  await pc.signIn(NAOKI, { code: await phone.nextCode() });
});

test('a PC with a clock an hour off says so, and two codes in a row set it right', async ({ pc, mails }) => {
  const { phone } = await register(pc, MISAKI, await mails.oneTimeCode(MAIL.misaki));
  await pc.pullThePlug();
  await pc.cable('out');
  await pc.powerOn();
  // Without the server's word, in a new run of the clock, the PC has nothing but its own.
  await pc.page.getByRole('button', { name: '時計を1時間進める' }).click();
  await expect(pc.page.getByText('1 時間 進んでいます')).toBeVisible();
  await pc.chooseUser(MISAKI);
  await pc.prove({ password: PASSWORD, code: await phone.nextCode() });
  await expect(pc.refusal(/時計が約 1 時間ずれています/)).toBeVisible();
  await pc.signIn(MISAKI, { password: PASSWORD, code: await phone.nextCode() });
  await pc.cable('in');
  await pc.allArrived();
});

/** A code that is certainly another. */
const notOf = (code: string): string => String((Number(code) + 500_000) % 1_000_000).padStart(6, '0');
