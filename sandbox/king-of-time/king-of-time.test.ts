import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { demoCompanyFile, readDemoCompany } from './demo-company.ts';
import { createKingOfTime } from './king-of-time.ts';
import { SANDBOX_TOKEN } from './state.ts';
import { stateFile } from './state-file.ts';

const seed = readDemoCompany(demoCompanyFile);
const [first, second] = seed.employees.map(({ key }) => key) as [string, string];

async function listening(options: { now?: string; file?: string; hangMs?: number } = {}) {
  let now = Date.parse(options.now ?? '2026-06-01T12:00:00+09:00');
  const { app, control } = createKingOfTime({
    clock: { now: () => now },
    seed,
    hangMs: options.hangMs ?? 0,
    ...(options.file !== undefined && { file: stateFile(options.file) }),
  });
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  let token = SANDBOX_TOKEN;
  async function call(method: string, address: string, body?: object) {
    const response = await fetch(`${origin}${address}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  }
  return {
    control,
    origin,
    get: (address: string) => call('GET', `/v1.0${address}`),
    call,
    punch: (key: string, body: object) => call('POST', `/v1.0/daily-workings/timerecord/${key}`, body),
    at: (time: string) => {
      now = Date.parse(time);
    },
    useToken: (other: string) => {
      token = other;
    },
  };
}

const IN = { date: '2026-06-01', time: '2026-06-01T09:00:00+09:00', code: '1' };
const OUT = { date: '2026-06-01', time: '2026-06-01T18:00:00+09:00', code: '2' };
const failure = (status: number, code: number) => ({ status, body: { errors: [{ code }] } });

describe('a punch', () => {
  test('is answered with one record, and read as a list', async () => {
    const { punch, get } = await listening();
    expect(await punch(first, { ...IN, code: 1 })).toEqual({
      status: 201,
      body: {
        date: '2026-06-01',
        employeeKey: first,
        timeRecord: {
          time: IN.time,
          code: '1',
          name: '出勤',
          divisionCode: '100',
          divisionName: '東京本社',
        },
      },
    });
    const list = await get(
      `/daily-workings/timerecord?employeeKeys=${first}&start=2026-06-01&end=2026-06-01`,
    );
    expect(list.body).toMatchObject([
      { date: '2026-06-01', dailyWorkings: [{ timeRecord: [{ time: IN.time }] }] },
    ]);
    const day = await get(
      '/daily-workings/timerecord/2026-06-01?division=100&additionalFields=currentDateEmployee',
    );
    expect(day.body).toMatchObject({ dailyWorkings: [{ currentDateEmployee: { code: '0001' } }] });
    expect((await get('/daily-workings/timerecord/2026-06-02')).body).toEqual({
      date: '2026-06-02',
      dailyWorkings: [],
    });
  });

  test('is not idempotent: sent twice it stands twice, and the day is an エラー勤務', async () => {
    const { punch, get, control } = await listening();
    await punch(first, IN);
    await punch(first, IN);
    expect(control.state.punches).toHaveLength(2);
    const { body } = await get('/daily-workings/2026-06-01');
    expect(
      body.dailyWorkings.find((day: { employeeKey: string }) => day.employeeKey === first),
    ).toMatchObject({
      isError: true,
      isClosing: false,
    });
  });

  test('without a code is 出勤 first and 退勤 after', async () => {
    const { punch } = await listening();
    const { code, ...codeless } = IN;
    expect((await punch(first, codeless)).body).toMatchObject({ timeRecord: { code } });
    expect((await punch(first, { ...codeless, time: OUT.time })).body).toMatchObject({
      timeRecord: { code: '2' },
    });
  });

  test.each([
    ['a code instead of a key', '0001', IN, 526],
    ['no time', first, { date: IN.date }, 222],
    ['no date', first, { time: IN.time }, 222],
    ['another date', first, { ...IN, date: '2026-6-1' }, 2],
    ['an impossible date', first, { ...IN, date: '2026-02-30' }, 2],
    ['no seconds', first, { ...IN, time: '2026-06-01T09:00+09:00' }, 280],
    ['another zone', first, { ...IN, time: '2026-06-01T09:00:00Z' }, 280],
    ['24 o’clock', first, { ...IN, time: '2026-06-01T24:00:00+09:00' }, 280],
    ['an unknown kind', first, { ...IN, code: '5' }, 222],
    ['an unknown division', first, { ...IN, divisionCode: '999' }, 222],
    ['a time far from its date', first, { ...IN, date: '2026-05-01' }, 222],
  ])('with %s is refused and not kept', async (_name, key, body, code) => {
    const { punch, control } = await listening();
    expect(await punch(key, body)).toMatchObject(failure(400, code));
    expect(control.state.punches).toEqual([]);
  });

  test('overwrites earlier 退勤 where that is on, over breaks but not over another 出勤', async () => {
    const { punch, control } = await listening();
    const times = () => control.state.punches.map(({ code, time }) => `${code} ${time.slice(11, 16)}`).sort();
    const at = (code: string, time: string) =>
      punch(first, { ...IN, code, time: `2026-06-01T${time}:00+09:00` });
    await at('1', '09:00');
    await at('2', '12:00');
    await at('3', '12:30');
    await at('4', '13:00');
    await at('2', '15:00');
    expect(times()).toEqual(['1 09:00', '2 15:00', '3 12:30', '4 13:00']);
    await at('1', '16:00');
    await at('2', '18:00');
    expect(times()).toEqual(['1 09:00', '1 16:00', '2 15:00', '2 18:00', '3 12:30', '4 13:00']);
  });

  test('is refused as 打刻済み where that is on', async () => {
    const { punch, control } = await listening();
    control.set({ alreadyPunched: true });
    await punch(first, IN);
    expect((await punch(first, { ...IN, time: OUT.time })).body.errors[0].message).toContain('打刻済み');
    expect((await punch(second, IN)).status).toBe(201);
    expect(control.punch(first, { ...IN, code: '1', mark: 'IC' })).toMatchObject({ mark: 'IC' });
  });
});

describe('who may', () => {
  test('token, address and permission are refused alike', async () => {
    const { get, punch, control, useToken } = await listening();
    const [token] = control.state.tokens;
    if (!token) throw new Error('no token');
    token.read = token.read.filter((item) => item !== 'company');
    expect(await get('/company')).toMatchObject(failure(403, 100));
    expect((await get('/divisions')).status).toBe(200);
    token.write = [];
    expect(await punch(first, IN)).toMatchObject(failure(403, 100));
    control.state.allowedAddresses.splice(0);
    expect(await get('/divisions')).toMatchObject(failure(403, 100));
    control.state.allowedAddresses.push('127.0.0.1');
    useToken('other');
    expect(await get('/divisions')).toMatchObject(failure(403, 100));
  });

  test('a token can be asked about, renewed and removed; the old one ends at once', async () => {
    const { get, call, useToken } = await listening({ now: '2026-06-01T09:00:00+09:00' });
    expect((await get(`/tokens/${SANDBOX_TOKEN}/available`)).body).toEqual({ available: true });
    expect((await get('/tokens/other/available')).body).toEqual({ available: false });
    const renewed = await call('POST', `/v1.0/tokens/${SANDBOX_TOKEN}`);
    expect(renewed.status).toBe(201);
    expect((await get('/tokens/other/available')).status).toBe(403);
    useToken(renewed.body.token);
    expect((await call('DELETE', `/v1.0/tokens/${renewed.body.token}`)).status).toBe(204);
    expect((await get('/tokens/other/available')).status).toBe(403);
  });
});

describe('forbidden hours', () => {
  test.each([
    ['08:29:59', 200],
    ['08:30:00', 403],
    ['10:00:00', 403],
    ['10:01:00', 200],
    ['17:30:00', 403],
    ['18:31:00', 200],
  ])('at %s reading answers %i, and punching 201', async (time, status) => {
    const { get, punch } = await listening({ now: `2026-06-01T${time}+09:00` });
    expect((await get('/employees')).status).toBe(status);
    expect((await punch(first, IN)).status).toBe(201);
  });

  test('can be switched on and off', async () => {
    const { get, control } = await listening();
    control.set({ forbiddenHours: 'on' });
    expect(await get('/company')).toMatchObject(failure(403, 104));
    control.set({ forbiddenHours: 'off' });
    expect((await get('/company')).status).toBe(200);
  });
});

describe('reading', () => {
  test.each([
    ['63 days', 'start=2026-04-01&end=2026-06-02', 222],
    ['only a start', 'start=2026-06-01', 222],
    ['backwards', 'start=2026-06-02&end=2026-06-01', 222],
    ['more than three years back', 'start=2022-01-01&end=2022-01-02', 222],
    ['a month', 'start=2026-06&end=2026-06', 2],
    ['keys and a division', `employeeKeys=${first}&division=100`, 222],
    ['a code among the keys', 'employeeKeys=0001', 526],
  ])('%s is refused', async (_name, query, code) => {
    const { get } = await listening();
    expect(await get(`/daily-workings/timerecord?${query}`)).toMatchObject(failure(400, code));
  });

  test('62 days are not', async () => {
    const { get } = await listening();
    expect((await get('/daily-workings/timerecord?start=2026-04-01&end=2026-06-01')).status).toBe(200);
  });

  test('an employee is found by code, never by key, and shows only what was asked for', async () => {
    const { get } = await listening();
    const { body } = await get('/employees/0001');
    expect(body).toMatchObject({ key: first, code: '0001', divisionName: '東京本社' });
    expect(body).not.toHaveProperty('hiredDate');
    expect((await get('/employees/0001?additionalFields=hiredDate,birthDate')).body).toMatchObject({
      hiredDate: '2024-04-01',
    });
    expect((await get('/employees/0001?additionalFields=birthDate')).body).not.toHaveProperty('birthDate');
    expect(await get(`/employees/${first}`)).toMatchObject(failure(400, 526));
  });

  test('people who left are listed only when asked for', async () => {
    const { get, control } = await listening();
    const [employee] = control.state.employees;
    if (employee) employee.resignationDate = '2026-05-31';
    expect((await get('/employees')).body).toHaveLength(7);
    expect((await get('/employees?includeResigner=true')).body).toHaveLength(8);
    expect((await get('/employees?date=2026-05-01&division=100')).body).toHaveLength(6);
  });

  test('the company, its administrators, divisions and working types are there', async () => {
    const { get } = await listening();
    expect((await get('/company')).body).toMatchObject({ code: 'dmo' });
    expect((await get('/divisions')).body).toContainEqual({
      code: '100',
      name: '東京本社',
      dayBorderTime: '05:00',
    });
    expect((await get('/working-types')).body).toContainEqual({ code: '1', name: '正社員' });
    const admins = await get('/administrators?additionalFields=emailAddresses,associatedEmployees');
    expect(admins.body).toMatchObject([
      { emailAddresses: 'admin@dmo.example.jp', associatedEmployees: [{ code: '0001' }] },
    ]);
  });

  test('a closed day says so', async () => {
    const { get, control } = await listening();
    control.close('2026-06-01');
    const { body } = await get('/daily-workings?start=2026-06-01&end=2026-06-02');
    const closing = body.map(
      (day: { dailyWorkings: { isClosing: boolean }[] }) => day.dailyWorkings[0]?.isClosing,
    );
    expect(closing).toEqual([true, false]);
  });
});

describe('what goes wrong on demand', () => {
  test('a cut connection, with or without the punch taken', async () => {
    const { punch, control } = await listening();
    control.fail(
      { on: 'punch', kind: 'timeout-before', times: 1 },
      { on: 'punch', kind: 'timeout-after', times: 1 },
    );
    await expect(punch(first, IN)).rejects.toThrow();
    expect(control.state.punches).toHaveLength(0);
    await expect(punch(first, IN)).rejects.toThrow();
    expect(control.state.punches).toHaveLength(1);
    expect((await punch(first, OUT)).status).toBe(201);
  });

  test('outages, in both shapes of errors', async () => {
    const { punch, control } = await listening();
    control.set({ outage: 'too-many' });
    expect(await punch(first, IN)).toEqual({
      status: 429,
      body: { code: '303', message: 'Too Many Requests' },
    });
    control.set({ outage: 'maintenance' });
    expect(await punch(first, IN)).toMatchObject(failure(500, 300));
    control.set({ outage: 'unavailable' });
    expect((await punch(first, IN)).status).toBe(503);
  });

  test('the controls answer over HTTP as well, and take no nonsense', async () => {
    const { call, control } = await listening();
    expect((await call('PATCH', '/sandbox/switches', { overwriteOut: false })).body).toMatchObject({
      overwriteOut: false,
    });
    expect((await call('PATCH', '/sandbox/switches', { overwriteOut: 'no' })).status).toBe(400);
    expect(
      (await call('POST', '/sandbox/faults', [{ on: 'any', kind: 'maintenance', times: 1 }])).status,
    ).toBe(204);
    expect((await call('GET', '/v1.0/company')).status).toBe(500);
    const made = await call('POST', '/sandbox/punches', { employeeKey: first, ...IN, mark: 'IC' });
    expect((await call('DELETE', `/sandbox/punches/${made.body.id}`)).status).toBe(204);
    expect(control.state.punches).toEqual([]);
  });
});

test('the state outlives the process', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'king-of-time-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'state.json');
  const before = await listening({ file });
  await before.punch(first, IN);
  const after = await listening({ file });
  expect(after.control.state.punches).toMatchObject([{ employeeKey: first, time: IN.time }]);
});

describe('the 日別データ page', () => {
  test('shows the day in Japanese, or in English, and escapes names', async () => {
    const { call, punch, control } = await listening();
    const [employee] = control.state.employees;
    if (employee) employee.lastName = '<b>佐藤';
    await punch(first, IN);
    await punch(first, { ...OUT, time: '2026-06-02T02:10:00+09:00' });
    const japanese = await call('GET', '/?date=2026-06-01');
    expect(japanese.body).toContain('日別データ');
    expect(japanese.body).toContain('翌02:10');
    expect(japanese.body).toContain('&lt;b&gt;佐藤');
    expect((await call('GET', '/?date=2026-06-01&lang=en')).body).toContain('02:10 (+1)');
  });

  test('opens with the workday, which until the border is yesterday’s', async () => {
    const { call, at } = await listening({ now: '2026-06-02T04:59:00+09:00' });
    expect((await call('GET', '/')).body).toContain('data-date="2026-06-01"');
    at('2026-06-02T05:00:00+09:00');
    expect((await call('GET', '/')).body).toContain('data-date="2026-06-02"');
  });

  test('hears of changes', async () => {
    const { origin, punch } = await listening();
    const response = await fetch(`${origin}/sandbox/changes`);
    const reader = response.body?.getReader();
    await reader?.read();
    await punch(first, IN);
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('event: change');
    await reader?.cancel();
  });
});
