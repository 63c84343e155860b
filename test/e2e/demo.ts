import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import { DateTime } from 'luxon';
import { type Demo, startDemo } from '../../build/demo.ts';
import { buildPage } from '../../sandbox/virtual-pc/build-page.ts';
import { Registration } from './registration.ts';

/** Of the first worker; each has its own range. */
const FIRST_PORT = 18_340;
const PORTS_PER_WORKER = 20;
const OUT_DELAY_MS = 300;
const DAY_BORDER_HOURS = 5;
/** Of every account of the demo PC. */
export const PASSWORD = 'himitsu';

/** A whole demo of its own for each test: server, KING OF TIME and a PC, with a page on each of the two. */
export const test = base.extend<{ demo: Demo; pc: VirtualPc; kingOfTime: DailyData; mails: Mails }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
  demo: async ({}, use, info) => {
    await buildPage();
    const stateDirectory = mkdtempSync(path.join(tmpdir(), 'systemlog-e2e-'));
    const lines: string[] = [];
    const demo = await startDemo({
      stateDirectory,
      firstPort: FIRST_PORT + info.parallelIndex * PORTS_PER_WORKER,
      outDelayMs: OUT_DELAY_MS,
      onLine: (line) => lines.push(line),
    });
    await use(demo);
    if (info.status !== info.expectedStatus) {
      await info.attach('demo.log', { body: lines.join('\n'), contentType: 'text/plain' });
    }
    await demo.stop();
    rmSync(stateDirectory, { recursive: true, force: true });
  },
  pc: async ({ demo, context }, use) => {
    const page = await context.newPage();
    await page.goto(demo.virtualPc);
    await use(new VirtualPc(page));
  },
  kingOfTime: async ({ demo, context }, use) => {
    const page = await context.newPage();
    // The workday, not the calendar day: before the border it is still yesterday's.
    const workday = DateTime.now().setZone('Asia/Tokyo').minus({ hours: DAY_BORDER_HOURS }).toISODate();
    await page.goto(`${demo.kingOfTime}/?date=${workday}`);
    await use(new DailyData(page));
  },
  mails: async ({ demo, request }, use) => {
    await use(new Mails(async () => (await request.get(`${demo.mailBox}/mails`)).json()));
  },
});
export { expect };

/** The virtual PC as a person works it. */
export class VirtualPc {
  readonly page: Page;
  readonly registration: Registration;

  constructor(page: Page) {
    this.page = page;
    this.registration = new Registration(page);
  }

  /** Signs in, or unlocks, with what the tile asks for: the password unless more is said. */
  async signIn(user: RegExp, typed: Typed = { password: PASSWORD }): Promise<void> {
    await this.chooseUser(user);
    await this.prove(typed);
    await expect(this.page.getByRole('button', { name: 'スタート' })).toBeVisible();
  }

  async chooseUser(user: RegExp): Promise<void> {
    await this.#pastLockScreen();
    const tile = this.page.getByRole('list', { name: 'ユーザーの選択' }).getByRole('button', { name: user });
    await tile.click();
    await expect(this.page.getByRole('heading', { name: user })).toBeVisible();
  }

  /** Fills the fields of the tile, in the order of the screen, and sends them off. */
  async prove(typed: Typed): Promise<void> {
    for (const [field, value] of Object.entries(typed)) await this.tileField(field).fill(value);
    await this.page.keyboard.press('Enter');
  }

  /** The tile on the sign-in screen. */
  get tile() {
    return this.page.getByTestId('sign-in-form');
  }

  tileField(name: string) {
    return this.tile.locator(`input[name="${name}"]`);
  }

  /** Why the tile let nobody in. */
  refusal(text: string | RegExp) {
    return this.tile.getByRole('alert').filter({ hasText: text });
  }

  async startMenu(item: 'ロック' | 'サインアウト'): Promise<void> {
    await this.page.getByRole('button', { name: 'スタート' }).click();
    const menu = this.page.getByRole('dialog', { name: 'スタート メニュー' });
    const direct = menu.getByRole('menuitem', { name: item }).or(menu.getByRole('button', { name: item }));
    if (!(await direct.first().isVisible())) await menu.getByRole('button', { name: /のアカウント/ }).click();
    await this.page.getByRole('menuitem', { name: item }).or(direct).first().click();
    await expect(this.page.getByRole('button', { name: 'スタート' })).toBeHidden();
  }

  async cable(state: 'in' | 'out'): Promise<void> {
    const cable = this.page.getByRole('switch', { name: 'ネットワークケーブル' });
    await cable.click();
    await expect(cable).toHaveAttribute('aria-checked', state === 'in' ? 'true' : 'false');
  }

  async pullThePlug(): Promise<void> {
    await this.page.getByRole('button', { name: '電源プラグを抜く' }).click();
    await expect(this.page.getByText('電源が切れています').first()).toBeVisible();
  }

  async powerOn(): Promise<void> {
    await this.page.getByRole('button', { name: '電源を入れる' }).click();
    await expect(this.page.getByRole('button', { name: /ロック画面/ })).toBeVisible();
  }

  /** The rows of the event list of one kind. */
  events(kind: string) {
    return this.page.getByTestId('events').locator(`tr[data-kind="${kind}"]`);
  }

  /** All events have reached the server. */
  async allArrived(): Promise<void> {
    const rows = this.page.getByTestId('events').locator('tbody tr');
    const arrived = rows.locator('[data-hop="server"][data-mark="done"]');
    await expect(async () => expect(await arrived.count()).toBe(await rows.count())).toPass({
      timeout: 30_000,
    });
  }

  async #pastLockScreen(): Promise<void> {
    const lock = this.page.getByRole('button', { name: /ロック画面/ });
    const tiles = this.page.getByRole('list', { name: 'ユーザーの選択' });
    await expect(lock.or(tiles)).toBeVisible();
    if (await lock.isVisible()) await lock.click();
    await expect(tiles).toBeVisible();
  }
}

/** What is typed at a tile, by the names of its fields. */
export type Typed = Partial<Record<'password' | 'code' | 'recoveryCode' | 'emergencyResponse', string>>;

interface Mail {
  to: string[];
  subject: string;
  text: string;
}

/** The employees' mail box. */
export class Mails {
  readonly #read: () => Promise<{ mails: Mail[] }>;

  constructor(read: () => Promise<{ mails: Mail[] }>) {
    this.#read = read;
  }

  /** The one-time code of the account mail that went to somebody; waits for the mail. */
  async oneTimeCode(recipient: string): Promise<string> {
    let code: string | undefined;
    await expect(async () => {
      const { mails } = await this.#read();
      const mail = mails.find(({ to, text }) => to.includes(recipient) && ONE_TIME_CODE.test(text));
      code = mail && ONE_TIME_CODE.exec(mail.text)?.[0];
      expect(code).toBeDefined();
    }).toPass({ timeout: 15_000 });
    return code ?? '';
  }

  /** The subjects of all that went to somebody, newest first. */
  async subjects(recipient: string): Promise<string[]> {
    const { mails } = await this.#read();
    return mails.filter(({ to }) => to.includes(recipient)).map(({ subject }) => subject);
  }
}

const ONE_TIME_CODE = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/;

/** 日別データ of KING OF TIME. */
export class DailyData {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** The punches of one column of an employee's row. */
  punches(employee: RegExp, column: 'in' | 'out' | 'breaks') {
    return this.page.getByRole('row', { name: employee }).locator(`td.${column} time`);
  }
}
