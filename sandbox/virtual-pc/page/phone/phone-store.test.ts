import { expect, test } from 'vitest';
import { PhoneStore } from './phone-store.ts';

function storage() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    kept,
  };
}

test('what was scanned is there after the page was loaded anew, newest first', () => {
  const browser = storage();
  const phone = new PhoneStore(browser);
  phone.scan('otpauth://totp/a?secret=AA', 1);
  phone.scan('otpauth://totp/b?secret=BB', 2);
  phone.scan('otpauth://totp/a?secret=AA', 3);
  const again = new PhoneStore(browser);
  expect(again.accounts().map(({ uri }) => uri)).toEqual([
    'otpauth://totp/b?secret=BB',
    'otpauth://totp/a?secret=AA',
  ]);
});

test('a removed account is gone, and whoever watches is told', () => {
  const phone = new PhoneStore(storage());
  let told = 0;
  const end = phone.onChange(() => {
    told += 1;
  });
  phone.scan('otpauth://totp/a?secret=AA', 1);
  const [account] = phone.accounts();
  if (account) phone.remove(account.id);
  expect(phone.accounts()).toEqual([]);
  expect(told).toBe(2);
  end();
  phone.scan('otpauth://totp/a?secret=AA', 1);
  expect(told).toBe(2);
});

test('what another tab wrote is read, and what nobody can read is nothing', () => {
  const browser = storage();
  const phone = new PhoneStore(browser);
  new PhoneStore(browser).scan('otpauth://totp/a?secret=AA', 1);
  phone.readAgain();
  expect(phone.accounts()).toHaveLength(1);
  for (const key of browser.kept.keys()) browser.kept.set(key, '{');
  phone.readAgain();
  expect(phone.accounts()).toEqual([]);
});
