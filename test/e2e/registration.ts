import { expect, type Locator, type Page } from '@playwright/test';
import { Phone } from './phone.ts';

/** What somebody holds after registering: an authenticator app, and codes in a safe place. */
export interface Registered {
  phone: Phone;
  recoveryCodes: string[];
}

/** The tray app's window 「アカウントの登録」 as the signed-in person works it. */
export class Registration {
  readonly #page: Page;
  readonly #window: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.#window = page.getByRole('dialog', { name: 'アカウントの登録' });
  }

  async open(): Promise<void> {
    await this.#page.getByTestId('tray-icon').click();
    await this.#page
      .getByTestId('tray-flyout')
      .getByRole('button', { name: 'アカウントの登録', exact: true })
      .click();
    await expect(this.#window).toBeVisible();
  }

  /** The field of the first step. */
  get oneTimeCode(): Locator {
    return this.#window.getByLabel('ワンタイムコード（12文字）');
  }

  async link(oneTimeCode: string): Promise<void> {
    await this.oneTimeCode.fill(oneTimeCode);
    await this.#window.getByRole('button', { name: '登録する' }).click();
  }

  /** The window says what went wrong. */
  problem(text: string | RegExp): Locator {
    return this.#window.getByRole('alert').filter({ hasText: text });
  }

  /** Scans the QR code, types the first code, and puts the recovery codes in a safe place. */
  async enrol(): Promise<Registered> {
    await this.#window.getByRole('button', { name: 'QRコードを表示' }).click();
    await expect(this.#window.getByRole('img', { name: '認証アプリに登録するためのQRコード' })).toBeVisible();
    await this.#window.getByText('認証アプリで読み取れない場合').click();
    const phone = new Phone(await this.#window.getByTestId('otpauth').innerText());
    await this.#window.getByLabel('ワンタイムパスワード').fill(await phone.nextCode());
    await this.#window.getByRole('button', { name: '確認する' }).click();
    const codes = this.#window.getByTestId('recovery-codes').getByRole('listitem');
    await expect(codes).toHaveCount(8);
    const recoveryCodes = await codes.allInnerTexts();
    await this.#window.getByLabel('保管しました').check();
    await this.#window.getByRole('button', { name: '次へ' }).click();
    return { phone, recoveryCodes };
  }

  async rehearse(password: string, { phone }: Registered): Promise<void> {
    const form = this.#window.getByTestId('rehearsal');
    await form.getByLabel('パスワード', { exact: true }).fill(password);
    await form.getByLabel('ワンタイムパスワード').fill(await phone.nextCode());
    await form.getByRole('button', { name: 'サインイン' }).click();
    await expect(this.#window.getByText('テストに成功しました')).toBeVisible();
    await this.close();
  }

  async close(): Promise<void> {
    await this.#window.getByRole('button', { name: '閉じる' }).last().click();
    await expect(this.#window).toBeHidden();
  }
}
