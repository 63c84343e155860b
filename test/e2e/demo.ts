import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import { DateTime } from 'luxon';
import { type Demo, startDemo } from '../../build/demo.ts';
import { buildPage } from '../../sandbox/virtual-pc/build-page.ts';

const FIRST_PORT = 18_340;
const OUT_DELAY_MS = 300;
const DAY_BORDER_HOURS = 5;

/** A whole demo of its own for each test: server, KING OF TIME and a PC, with a page on each of the two. */
export const test = base.extend<{ demo: Demo; pc: VirtualPc; kingOfTime: DailyData }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
  demo: async ({}, use, info) => {
    await buildPage();
    const stateDirectory = mkdtempSync(path.join(tmpdir(), 'systemlog-e2e-'));
    const lines: string[] = [];
    const demo = await startDemo({
      stateDirectory,
      firstPort: FIRST_PORT,
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
});
export { expect };

/** The virtual PC as a person works it. */
export class VirtualPc {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async signIn(user: RegExp): Promise<void> {
    await this.#pastLockScreen();
    const tile = this.page.getByRole('list', { name: 'ユーザーの選択' }).getByRole('button', { name: user });
    await tile.click();
    await this.page.getByLabel('パスワード').fill('himitsu');
    await this.page.keyboard.press('Enter');
    await expect(this.page.getByRole('button', { name: 'スタート' })).toBeVisible();
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
