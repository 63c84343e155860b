import { describe, expect, it } from 'vitest';
import { sessionToken } from '../../../contract/session.ts';
import { ANCHOR_LIMIT_MS } from '../../../contract/statement.ts';
import {
  anchorOf,
  createDevice,
  SID,
  START_MS,
  startServer,
  type TestDevice,
  ticketOf,
} from '../server.test-support.ts';

async function withDevice() {
  const server = await startServer();
  const company = await server.addCompany('abc');
  const device = await server.registered(company);
  const open = async (ticket: object, anchor?: object, by: TestDevice = device) =>
    server.post('/v1/sessions', {
      ticket: by.state(ticket),
      ...(anchor ? { anchor: by.state(anchor) } : {}),
      clientVersion: '2.0.0',
    });
  const ticket = async (change: object = {}) => ({
    ...ticketOf(device, 'abc', await server.nonce()),
    ...change,
  });
  return { ...server, company, device, open, ticket };
}

describe('a ticket', () => {
  it('becomes a token of 15 minutes for its account, of which only the hash is kept', async () => {
    const { open, ticket, store, company, device } = await withDevice();
    const answer = await open(await ticket());
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const { token, expiresAt } = sessionToken.parse(answer.json());
    expect(expiresAt).toBe('2026-06-01T00:15:00.000Z');
    const rows = await store.selectFrom('sessions').selectAll().execute();
    expect(rows).toMatchObject([
      { company: company.id, device: device.id, sid: SID, client_version: '2.0.0' },
    ]);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('is good once, also when it comes twice at the same moment', async () => {
    const { open, ticket, store } = await withDevice();
    const same = await ticket();
    const answers = await Promise.all([open(same), open(same)]);
    expect(answers.map((a) => a.json().code)).toEqual([undefined, 'nonce-used']);
    expect((await open(same)).json().code).toBe('nonce-used');
    expect(await store.selectFrom('sessions').selectAll().execute()).toHaveLength(1);
  });

  it.each<[string, object]>([
    ['another server', { server: 'https://evil.example' }],
    ['another company', { company: 'xyz' }],
    ['a company nobody has', { company: 'zzz' }],
    ['another purpose', { purpose: 'anchor' }],
    ['no account', { sid: 'taro' }],
  ])('for %s is invalid', async (_, change) => {
    const { open, ticket, addCompany, store } = await withDevice();
    await addCompany('xyz');
    const answer = await open(await ticket(change));
    expect([answer.statusCode, answer.json().code]).toEqual([401, 'ticket-invalid']);
    expect(await store.selectFrom('sessions').selectAll().execute()).toEqual([]);
  });

  it('with a nonce whose time is over is refused', async () => {
    const { open, ticket, clock } = await withDevice();
    const late = await ticket();
    clock.nowMs += 60_000;
    expect((await open(late)).json().code).toBe('nonce-stale');
  });

  it("signed by another device's key is invalid, and does not spoil the nonce", async () => {
    const { open, ticket, registered, company } = await withDevice();
    const stated = await ticket();
    expect((await open(stated, undefined, createDevice())).json().code).toBe('ticket-invalid');
    expect((await open(stated, undefined, await registered(company))).json().code).toBe('ticket-invalid');
    expect((await open(stated)).statusCode).toBe(200);
  });

  it('of a device unknown or retired is refused', async () => {
    const { open, ticket, store, nonce } = await withDevice();
    const stranger = createDevice();
    const stated = ticketOf(stranger, 'abc', await nonce());
    expect((await open(stated, undefined, stranger)).json().code).toBe('unknown-device');
    await store.updateTable('devices').set({ retired_at: START_MS }).execute();
    expect((await open(await ticket())).json().code).toBe('device-retired');
  });

  it('cannot be a signed request in disguise, nor text changed after signing', async () => {
    const { device, ticket, post } = await withDevice();
    const stated = device.state(await ticket());
    const spaced = { ...stated, statement: stated.statement.replace('{', '{ ') };
    const answer = await post('/v1/sessions', { ticket: spaced, clientVersion: '1' });
    expect(answer.json().code).toBe('ticket-invalid');
    const text = await post('/v1/sessions', {
      ticket: { ...stated, statement: 'hello' },
      clientVersion: '1',
    });
    expect(text.json().code).toBe('ticket-invalid');
  });

  it('notes the version the device runs now', async () => {
    const { open, ticket, store, clock } = await withDevice();
    clock.nowMs += 1000;
    await open(await ticket());
    const [row] = await store.selectFrom('devices').selectAll().execute();
    expect(row).toMatchObject({ client_version: '2.0.0', last_seen_at: START_MS + 1000 });
  });
});

describe('the anchor beside a ticket', () => {
  it('is recorded with the times of its nonce and of its answer', async () => {
    const { open, ticket, device, clock, anchors, company } = await withDevice();
    const stated = await ticket();
    clock.nowMs += ANCHOR_LIMIT_MS;
    expect((await open(stated, anchorOf(device, stated.nonce))).statusCode).toBe(200);
    expect(anchors).toMatchObject([
      {
        company: company.id,
        anchor: {
          statement: { device: device.id, clock: { uptimeMs: 5000 } },
          issuedAtMs: START_MS,
          answeredAtMs: START_MS + ANCHOR_LIMIT_MS,
        },
      },
    ]);
  });

  it('is passed over when late, with a line in the log, and the token is given', async () => {
    const { open, ticket, device, clock, anchors, logged } = await withDevice();
    const stated = await ticket();
    clock.nowMs += ANCHOR_LIMIT_MS + 1;
    expect((await open(stated, anchorOf(device, stated.nonce))).statusCode).toBe(200);
    expect(anchors).toEqual([]);
    expect(logged).toContainEqual(expect.objectContaining({ msg: 'Anchor passed over', why: 'late' }));
  });

  it.each<[string, string, object]>([
    ['another nonce', 'other-nonce', { nonce: 'x'.repeat(75) }],
    ['another device', 'other-device', { device: 'A'.repeat(43) }],
    ['another server', 'other-server', { server: 'https://evil.example' }],
    ['a form we do not know', 'malformed', { clock: null }],
  ])('is passed over for %s', async (_, why, change) => {
    const { open, ticket, device, anchors, logged } = await withDevice();
    const stated = await ticket();
    expect((await open(stated, { ...anchorOf(device, stated.nonce), ...change })).statusCode).toBe(200);
    expect(anchors).toEqual([]);
    expect(logged).toContainEqual(expect.objectContaining({ why }));
  });

  it('makes the ticket invalid when its signature is bad', async () => {
    const { post, ticket, device, anchors, store } = await withDevice();
    const stated = await ticket();
    const answer = await post('/v1/sessions', {
      ticket: device.state(stated),
      anchor: { ...device.state(anchorOf(device, stated.nonce)), signature: device.state({}).signature },
      clientVersion: '1',
    });
    expect(answer.json().code).toBe('ticket-invalid');
    expect(anchors).toEqual([]);
    expect(await store.selectFrom('sessions').selectAll().execute()).toEqual([]);
  });
});
