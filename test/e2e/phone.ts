import { expect } from '@playwright/test';
import { generateSync } from 'otplib';

const PERIOD_MS = 30_000;
/** A phone may be a step ahead of everybody else and be believed. */
const STEPS_AHEAD = 1;

/** An authenticator app on an employee's phone, which never shows a test the same code twice. */
export class Phone {
  readonly #secret: string;
  #lastStep = 0;

  /** @param uri `otpauth://totp/…?secret=…`, as scanned from the QR code. */
  constructor(uri: string) {
    const secret = new URL(uri).searchParams.get('secret');
    if (!secret) throw new Error(`There is no secret in ${uri}`);
    this.#secret = secret;
  }

  /** The present code, or the one after the last that was shown; waits when a test is faster than time. */
  async nextCode(): Promise<string> {
    const step = () => Math.max(this.#lastStep + 1, presentStep());
    await expect(async () => expect(step()).toBeLessThanOrEqual(presentStep() + STEPS_AHEAD)).toPass({
      timeout: 2 * PERIOD_MS,
      intervals: [500],
    });
    this.#lastStep = step();
    return generateSync({ secret: this.#secret, epoch: (this.#lastStep * PERIOD_MS) / 1000 });
  }
}

const presentStep = (): number => Math.floor(Date.now() / PERIOD_MS);
