import { z } from 'zod';

/** What a phone's authenticator app has scanned, in this browser: the demo has no other phone. */
const scanned = z.object({ id: z.string(), uri: z.string(), scannedAtMs: z.number() });
export type Scanned = z.infer<typeof scanned>;

const STORED_AT = 'virtual-pc.phone';

/** Newest first. Kept by the browser, so that it is there after the page was loaded anew; told to its other tabs. */
export class PhoneStore {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>;
  readonly #listeners = new Set<() => void>();
  #accounts: readonly Scanned[];

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.#storage = storage;
    this.#accounts = this.#stored();
  }

  readonly accounts = (): readonly Scanned[] => this.#accounts;

  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The same code scanned again changes nothing. A new secret stands beside the old one, as in a real app. */
  scan(uri: string, atMs: number): void {
    if (this.holds(uri)) return;
    this.#keep([
      { id: crypto.getRandomValues(new Uint32Array(2)).join('-'), uri, scannedAtMs: atMs },
      ...this.#accounts,
    ]);
  }

  holds = (uri: string): boolean => this.#accounts.some((account) => account.uri === uri);

  remove(id: string): void {
    this.#keep(this.#accounts.filter((account) => account.id !== id));
  }

  /** Another tab has written. */
  readAgain(): void {
    this.#accounts = this.#stored();
    for (const listener of this.#listeners) listener();
  }

  #keep(accounts: readonly Scanned[]): void {
    this.#storage.setItem(STORED_AT, JSON.stringify(accounts));
    this.#accounts = accounts;
    for (const listener of this.#listeners) listener();
  }

  #stored(): readonly Scanned[] {
    try {
      return z.array(scanned).parse(JSON.parse(this.#storage.getItem(STORED_AT) ?? '[]'));
    } catch {
      return [];
    }
  }
}
