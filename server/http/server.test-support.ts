import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Kysely } from 'kysely';
import type { DeviceRegistration, DeviceRole, PublicKey } from '../../contract/device.ts';
import { GENESIS_MAC } from '../../contract/event.ts';
import { signatureBase, signatureParams } from '../../contract/http-signature.ts';
import type { Me } from '../../contract/me.ts';
import { type SignedStatement, statementInput } from '../../contract/statement.ts';
import type { AnsweredAnchor, Reporter } from '../logs/types.ts';
import { createSecrets } from '../secrets/secrets.ts';
import { tokenHash } from '../secrets/token-hash.ts';
import type { Database } from '../store/schema.ts';
import { openStore } from '../store/store.ts';
import { createLog } from './log.ts';
import { createServer, type ServerOptions } from './server.ts';
import { contentDigestOf } from './signatures/content-digest.ts';
import { thumbprint } from './signatures/keys.ts';

export const ORIGIN = 'https://systemlog.example';
export const SID = 'S-1-5-21-1-2-3-1001';
export const START_MS = Date.parse('2026-06-01T00:00:00.000Z');

interface SignedTarget {
  method?: string;
  url: string;
  body?: string | Buffer;
  authority?: string;
  /** Whose key it claims to be. */
  keyId?: string;
}

/** A key, a secret and the signatures a bridge makes with them, written after the contract. */
export function createDevice() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const jwk: PublicKey = { kty: 'EC', crv: 'P-256', x, y };
  const id = thumbprint(jwk);
  const signText = (text: string) =>
    sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return {
    id,
    jwk,
    privateKey,
    secret: randomBytes(32).toString('base64url'),
    /** Headers of a signed request over `body` as sent. */
    sign(nonce: string, target: SignedTarget) {
      const { method = 'POST', url, body = '', authority = new URL(ORIGIN).host, keyId = id } = target;
      const [path = '', query = ''] = url.split(/(?=\?)/);
      const contentDigest = contentDigestOf(Buffer.from(body));
      const params = signatureParams(keyId, nonce);
      const base = signatureBase({ method, authority, path, query: query || '?', contentDigest }, params);
      return {
        'content-digest': contentDigest,
        'signature-input': `sig=${params}`,
        signature: `sig=:${signText(base).toString('base64')}:`,
      };
    },
    state(content: object): SignedStatement {
      const statement = JSON.stringify(content);
      return { statement, signature: signText(statementInput(statement)).toString('base64url') };
    },
  };
}
export type TestDevice = ReturnType<typeof createDevice>;

/** A store of its own with a company or two, and an ingest that only remembers. */
export async function startServer(overrides: Partial<ServerOptions> = {}) {
  const clock = { nowMs: START_MS, now: () => clock.nowMs };
  const store = overrides.store ?? (await openStore(':memory:'));
  const ingested: { reporter: Reporter; events: readonly unknown[]; anchor: AnsweredAnchor | null }[] = [];
  const anchors: { company: string; anchor: AnsweredAnchor }[] = [];
  const readBy: { company: string; device: string; sid: string }[] = [];
  const logged: Record<string, unknown>[] = [];
  const options: ServerOptions = {
    store,
    clock,
    secrets: createSecrets([{ id: 'test', key: Buffer.alloc(32, 1) }]),
    nonceKey: Buffer.alloc(32, 2),
    origin: ORIGIN,
    log: createLog('info', { write: (line) => logged.push(JSON.parse(line)) }),
    ingest: async (reporter, events, anchor) => {
      ingested.push({ reporter, events, anchor });
      return { verdicts: events.map(() => ({ status: 'stored' as const })), receipts: [] };
    },
    recordAnchor: async (company, anchor) => {
      anchors.push({ company, anchor });
    },
    readMe: async (who) => {
      readBy.push(who);
      return exampleMe(who.sid);
    },
    ...overrides,
  };
  const app = createServer(options);
  const client = createClient(app, store);
  return { app, store, clock, options, ingested, anchors, readBy, logged, ...client };
}
export type TestServer = Awaited<ReturnType<typeof startServer>>;

type Headers = Record<string, string | string[]>;

/** What a PC does with the server, by `inject`. */
function createClient(app: FastifyInstance, store: Kysely<Database>) {
  const post = (url: string, body?: unknown, headers: Headers = {}): Promise<LightMyRequestResponse> => {
    const raw = typeof body === 'string' || Buffer.isBuffer(body);
    const options: InjectOptions = { method: 'POST', url, headers };
    if (body !== undefined) {
      options.payload = raw ? body : JSON.stringify(body);
      options.headers = { 'content-type': 'application/json', ...headers };
    }
    return app.inject(options);
  };
  const nonce = async (): Promise<string> => (await post('/v1/nonces')).json().nonce;
  const postSigned = async (device: TestDevice, url: string, body: string | Buffer, headers: Headers = {}) =>
    post(url, body, { ...device.sign(await nonce(), { url, body }), ...headers });
  const register = (device: TestDevice, registration: DeviceRegistration) =>
    postSigned(device, '/v1/devices', JSON.stringify(registration));
  return {
    post,
    nonce,
    postSigned,
    register,
    addCompany: (code: string) => addCompany(store, code),
    /** A registered device of a company that exists. */
    async registered(company: Awaited<ReturnType<typeof addCompany>>) {
      const device = createDevice();
      const answer = await register(device, registrationOf(device, company));
      if (answer.statusCode !== 200) throw new Error(`Not registered: ${answer.body}`);
      return device;
    },
    /** A bearer token for SID on the device. */
    async token(device: TestDevice, company: { code: string }): Promise<string> {
      const ticket = device.state(ticketOf(device, company.code, await nonce()));
      const answer = await post('/v1/sessions', { ticket, clientVersion: '2.0.0' });
      if (answer.statusCode !== 200) throw new Error(`No session: ${answer.body}`);
      return answer.json().token;
    },
  };
}

/** A company with one access token for clients. */
export async function addCompany(
  store: Kysely<Database>,
  code: string,
  token: { role?: DeviceRole; limit?: number; expiresAtMs?: number } = {},
) {
  const id = randomUUID();
  const accessToken = randomBytes(16).toString('hex');
  await store
    .insertInto('companies')
    .values({ id, code, name: `Company ${code}`, created_at: START_MS })
    .execute();
  await store
    .insertInto('access_tokens')
    .values({
      company: id,
      id: randomUUID(),
      token_hash: tokenHash(accessToken),
      role: token.role ?? 'client',
      expires_at: token.expiresAtMs ?? null,
      device_limit: token.limit ?? 10,
      revoked_at: null,
    })
    .execute();
  return { id, code, accessToken };
}

export const registrationOf = (
  device: TestDevice,
  { code, accessToken }: { code: string; accessToken: string },
): DeviceRegistration => ({
  company: code,
  accessToken,
  publicKey: device.jwk,
  deviceSecret: device.secret,
  name: 'PC-1',
  clientVersion: '1.0.0',
});

export const ticketOf = (device: TestDevice, company: string, nonce: string) => ({
  purpose: 'ticket',
  server: ORIGIN,
  company,
  device: device.id,
  sid: SID,
  nonce,
});

export const anchorOf = (device: TestDevice, nonce: string) => ({
  purpose: 'anchor',
  server: ORIGIN,
  device: device.id,
  nonce,
  clock: { bootId: '018f0000-0000-4000-8000-000000000001', uptimeMs: 5000 },
  journal: { id: '018f0000-0000-4000-8000-000000000002', headSequence: 0, headMac: GENESIS_MAC },
});

function exampleMe(sid: string): Me {
  return {
    account: { sid: sid as Me['account']['sid'], domain: 'PC-1', name: 'taro' },
    employee: null,
    settings: { timeZone: 'Asia/Tokyo', dayBorder: '05:00', language: 'ja' },
    today: { date: '2026-06-01', in: null, out: null, breaks: [], flags: [], punches: [] },
    status: { lastEventAt: null, findings: [] },
    serverTime: new Date(START_MS).toISOString(),
  };
}
