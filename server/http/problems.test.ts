import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { problem } from '../../contract/problem.ts';
import { addCompany, createDevice, registrationOf, startServer } from './server.test-support.ts';

describe('every error', () => {
  it('is a problem document with its code, status and the id of the request', async () => {
    const { app, post } = await startServer();
    const answers = [
      await app.inject('/v1/nothing'),
      await app.inject({ method: 'DELETE', url: '/v1/nonces' }),
      await app.inject('/%zz'),
      await post('/v1/sessions', '{'),
      await post('/v1/sessions', { clientVersion: '1' }),
      await post('/v1/sessions', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }),
      await app.inject('/v1/me'),
    ];
    const codes = answers.map((answer) => {
      const document = problem.parse(answer.json());
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(document.status).toBe(answer.statusCode);
      expect(document.type).toBe(`urn:systemlog:problem:${document.code}`);
      return document.code;
    });
    expect(codes).toEqual([
      'not-found',
      'not-found',
      'invalid-request',
      'invalid-request',
      'invalid-request',
      'invalid-request',
      'token-missing',
    ]);
    const [first] = answers;
    expect(first?.json().requestId).toBe(first?.headers['x-request-id']);
  });

  it('says which field does not fit, without repeating what was in it', async () => {
    const { register, store } = await startServer();
    const company = await addCompany(store, 'abc');
    const device = createDevice();
    const secret = `${device.secret}secret`;
    const answer = await register(device, { ...registrationOf(device, company), deviceSecret: secret });
    expect(answer.json().code).toBe('invalid-request');
    expect(answer.json().detail).toContain('/deviceSecret');
    expect(answer.body).not.toContain(device.secret);
  });
});

async function withToken(ingest: () => Promise<never>) {
  const server = await startServer({ ingest });
  const company = await server.addCompany('abc');
  const token = await server.token(await server.registered(company), company);
  server.logged.length = 0;
  const upload = () => server.post('/v1/events', { events: [] }, { authorization: `Bearer ${token}` });
  return { ...server, upload, token };
}

describe('a failure of the server itself', () => {
  it('says nothing of what happened, and is logged once with its stack', async () => {
    const { upload, logged, token } = await withToken(async () => {
      throw new Error('no such column: deep_secret');
    });
    const answer = await upload();
    expect([answer.statusCode, answer.json().code]).toEqual([500, 'internal-error']);
    expect(answer.body).not.toContain('deep_secret');
    const failures = logged.filter((line) => JSON.stringify(line).includes('deep_secret'));
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ reqId: answer.json().requestId, err: { type: 'Error' } });
    expect(JSON.stringify(logged)).not.toContain(token);
  });

  it('is "unavailable" when the disk is full, so that the sender keeps what it has and comes again', async () => {
    const server = await startServer();
    const company = await addCompany(server.store, 'abc', { limit: 1000 });
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(server.store);
    await sql.raw(`pragma max_page_count = ${rows[0]?.page_count ?? 0}`).execute(server.store);
    const registerAnother = () => {
      const device = createDevice();
      return server.register(device, { ...registrationOf(device, company), name: 'x'.repeat(256) });
    };
    // Until the pages that are there are full.
    let answer = await registerAnother();
    for (let i = 0; i < 100 && answer.statusCode === 200; i++) answer = await registerAnother();
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'unavailable']);
    expect(answer.headers['retry-after']).toBe('30');
  });
});
