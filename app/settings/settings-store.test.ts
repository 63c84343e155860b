import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../folder.test-support.ts';
import { type ClientSettings, clientSettings, defaultSettings } from './client-settings.ts';
import { SettingsStore } from './settings-store.ts';

const clock = { now: () => Date.UTC(2026, 7, 3, 9) };
const rot13 = (text: string) =>
  text.replace(/[a-z]/g, (c) => String.fromCharCode(((c.charCodeAt(0) - 97 + 13) % 26) + 97));
const sealer = { seal: rot13, open: rot13 };
const manual: ClientSettings = {
  proxy: { mode: 'manual', server: 'proxy.example', port: 8080, account: 'hanako' },
  language: 'en',
};

const place = () => path.join(testFolder(), 'profile', 'settings.json');

test('begins with the system’s proxy and the group’s language', async () => {
  const store = await SettingsStore.open({ file: place(), sealer, clock });
  expect(store.settings).toEqual(defaultSettings);
});

test('what was saved is there after a restart, and the password is not readable in the file', async () => {
  const file = place();
  await (await SettingsStore.open({ file, sealer, clock })).save(manual, 'secret');
  const store = await SettingsStore.open({ file, sealer, clock });
  expect(store.settings).toEqual(manual);
  expect(store.proxyPassword()).toBe('secret');
  expect(readFileSync(file, 'utf8')).not.toContain('secret');
});

test('the password stays while the proxy is the same, and is forgotten with it', async () => {
  const store = await SettingsStore.open({ file: place(), sealer, clock });
  await store.save(manual, 'secret');
  await store.save({ ...manual, language: null });
  expect(store.proxyPassword()).toBe('secret');
  await store.save({
    ...manual,
    proxy: { mode: 'manual', server: 'evil.example', port: 8080, account: 'hanako' },
  });
  expect(store.proxyPassword()).toBeNull();
});

test('a password that cannot be opened here has to be typed again', async () => {
  const store = await SettingsStore.open({
    file: place(),
    clock,
    sealer: {
      seal: rot13,
      open: () => {
        throw new Error('another machine');
      },
    },
  });
  await store.save(manual, 'secret');
  expect(store.proxyPassword()).toBeNull();
});

test.each(['', '{"proxy":', '{"proxy":{"mode":"magic"},"language":null,"proxyPassword":null}'])(
  'a file that says %j is set aside and the defaults hold',
  async (text) => {
    const file = place();
    await (await SettingsStore.open({ file, sealer, clock })).save(manual);
    writeFileSync(file, text);
    expect((await SettingsStore.open({ file, sealer, clock })).settings).toEqual(defaultSettings);
    expect(readdirSync(path.dirname(file))).toEqual(['settings.json.damaged-2026-08-03T09-00-00.000Z']);
  },
);

test('writes at the same time end with the last one', async () => {
  const file = place();
  const store = await SettingsStore.open({ file, sealer, clock });
  await Promise.all(['ja', 'en', 'fr'].map((language) => store.save({ ...manual, language })));
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ language: 'fr' });
  expect(readdirSync(path.dirname(file))).toEqual(['settings.json']);
});

test('settings that are none change nothing', async () => {
  const store = await SettingsStore.open({ file: place(), sealer, clock });
  const wrong = { ...manual, proxy: { mode: 'manual', server: 'a b', port: 8080, account: null } } as const;
  await expect(store.save(wrong)).rejects.toThrow();
  expect(store.settings).toEqual(defaultSettings);
});

test.each([
  ['proxy.example', true],
  ['192.0.2.1', true],
  ['2001:db8::1', true],
  ['[2001:db8::1]', true],
  ['プロキシ.example', true],
  ['http://proxy.example', false],
  ['user@proxy.example', false],
  ['proxy.example:8080:1', false],
  ['', false],
])('a proxy called %s is taken: %s', (server, taken) => {
  const given = { proxy: { mode: 'manual', server, port: 8080, account: null }, language: null };
  expect(clientSettings.safeParse(given).success).toBe(taken);
});
