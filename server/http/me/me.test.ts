import { describe, expect, it } from 'vitest';
import { me } from '../../../contract/me.ts';
import { SID, START_MS, startServer } from '../server.test-support.ts';

async function withToken() {
  const server = await startServer();
  const company = await server.addCompany('abc');
  const device = await server.registered(company);
  const token = await server.token(device, company);
  const ask = (authorization?: string | string[]) => {
    const headers: Record<string, string | string[]> = authorization === undefined ? {} : { authorization };
    return server.app.inject({ url: '/v1/me', headers });
  };
  return { ...server, company, device, token, tokenFor: server.token, ask };
}

describe('GET /v1/me', () => {
  it("answers the day of the token's own account, not to be cached", async () => {
    const { ask, token, readBy, company, device } = await withToken();
    const answer = await ask(`Bearer ${token}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(me.parse(answer.json()).account.sid).toBe(SID);
    expect(readBy).toEqual([{ company: company.id, device: device.id, sid: SID }]);
  });

  it("keeps companies apart: each token reads its own company's account alone", async () => {
    const { ask, token, tokenFor, addCompany, registered, readBy, company } = await withToken();
    const other = await addCompany('xyz');
    const otherToken = await tokenFor(await registered(other), other);
    await ask(`Bearer ${token}`);
    await ask(`Bearer ${otherToken}`);
    expect(readBy.map((who) => who.company)).toEqual([company.id, other.id]);
  });

  it('asks for a token, in a way clients understand', async () => {
    const { ask } = await withToken();
    const answer = await ask();
    expect([answer.statusCode, answer.json().code]).toEqual([401, 'token-missing']);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('refuses tokens that are unknown, mangled, over or given twice', async () => {
    const { ask, token, clock } = await withToken();
    const code = async (header: string | string[]) => (await ask(header)).json().code;
    expect(await code(`Bearer ${'a'.repeat(43)}`)).toBe('token-invalid');
    expect(await code(`Basic ${token}`)).toBe('token-invalid');
    expect(await code(`Bearer ${token} x`)).toBe('token-invalid');
    expect(await code([`Bearer ${token}`, `Bearer ${'a'.repeat(43)}`])).toBe('invalid-request');
    clock.nowMs += 15 * 60_000;
    expect(await code(`Bearer ${token}`)).toBe('token-expired');
  });

  it('ends with the device: a retired one has no tokens', async () => {
    const { ask, token, store } = await withToken();
    await store.updateTable('devices').set({ retired_at: START_MS }).execute();
    expect((await ask(`Bearer ${token}`)).json().code).toBe('device-retired');
  });
});
