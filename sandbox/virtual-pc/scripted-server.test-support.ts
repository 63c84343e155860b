/**
 * A small server that speaks the device part of the contract, for the tests of the virtual PC and of the bridge protocol. It checks
 * what the real one checks (signatures, nonces, digests, seals) and keeps what it was sent where a test can look.
 */
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type DeviceRegistration, deviceRegistration, type PublicKey } from '../../contract/device.ts';
import { GENESIS_MAC, type SealedEvent, sealedEvent, sessionEvent } from '../../contract/event.ts';
import { readSignatureHeaders, signatureBase } from '../../contract/http-signature.ts';
import { deviceId, journalId, type Sid } from '../../contract/ids.ts';
import { secretRequest } from '../../contract/logon.ts';
import { PROBLEMS, type ProblemCode } from '../../contract/problem.ts';
import { sessionRequest } from '../../contract/session.ts';
import {
  anchorStatement,
  type SignedStatement,
  statementInput,
  ticketStatement,
} from '../../contract/statement.ts';
import { type EventVerdict, eventUpload } from '../../contract/upload.ts';
import { journalKey, receiptKey, receiptMac, sealHolds } from './bridge/chain.ts';
import { deviceIdOf } from './bridge/device-key.ts';
import { ScriptedLogon } from './scripted-logon.test-support.ts';

/** An event as it arrived, and who brought it. */
export interface ArrivedEvent {
  sealed: SealedEvent;
  event: ReturnType<typeof sessionEvent.parse>;
  by: 'device' | Sid;
}

class Refusal extends Error {
  readonly code: ProblemCode;
  constructor(code: ProblemCode) {
    super(code);
    this.code = code;
  }
}

interface JournalHeld {
  records: Map<number, ArrivedEvent>;
}

export class ScriptedServer {
  readonly devices = new Map<string, DeviceRegistration>();
  readonly arrived: ArrivedEvent[] = [];
  readonly anchors: ReturnType<typeof anchorStatement.parse>[] = [];
  /** Answers every request with this problem while set. */
  refuseWith: ProblemCode | null = null;
  /** Answers uploads without receipts while true. */
  withholdReceipts = false;
  /** What time the server says it is. */
  nowMs: () => number = Date.now;
  /** Accounts, OTP secrets and the rules of logon. */
  readonly logon = new ScriptedLogon();
  readonly #http: Server;
  readonly #nonces = new Set<string>();
  readonly #tokens = new Map<string, { device: string; sid: Sid }>();
  readonly #journals = new Map<string, JournalHeld>();

  private constructor() {
    this.#http = createServer((request, response) => {
      this.#answer(request)
        .then((content) => ({ status: 200, content }))
        .catch((error: unknown) => {
          const code = error instanceof Refusal ? error.code : 'invalid-request';
          const { status, title } = PROBLEMS[code];
          return { status, content: { type: 'about:blank', title, status, code, detail: String(error) } };
        })
        .then(({ status, content }) => {
          const type = status < 400 ? 'application/json' : 'application/problem+json';
          response.writeHead(status, { 'content-type': type }).end(JSON.stringify(content));
        })
        .catch(() => response.destroy());
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get origin(): string {
    const { port } = this.#http.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** `kind` of everything that arrived, in the journal's order. */
  get kinds(): string[] {
    return this.arrived
      .toSorted((a, b) => a.event.sequence - b.event.sequence)
      .map(({ event }) => event.kind);
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
  }

  /** The receipt the server would give for a journal now. */
  receiptFor(device: string, journal: string) {
    const held = this.#journals.get(journal);
    let throughSequence = 0;
    while (held?.records.has(throughSequence + 1)) throughSequence += 1;
    const claim = { device: deviceId.parse(device), journal: journalId.parse(journal), throughSequence };
    return { ...claim, mac: receiptMac(receiptKey(this.#secretOf(device)), claim) };
  }

  async #answer(request: IncomingMessage): Promise<unknown> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    if (this.refuseWith) throw new Refusal(this.refuseWith);
    const serverTime = new Date(this.nowMs()).toISOString();
    if (request.url === '/v1/nonces') {
      const nonce = randomBytes(24).toString('base64url');
      this.#nonces.add(nonce);
      return { nonce, expiresAt: new Date(Date.now() + 60_000).toISOString(), serverTime };
    }
    if (request.url === '/v1/me') return { ...this.#me(request), serverTime };
    const url = new URL(request.url ?? '/', this.origin);
    if (url.pathname === '/v1/device/policy') {
      this.#signedDevice(request, raw);
      return { ...this.logon.policy(url.searchParams.get('version')), serverTime };
    }
    const zipped = request.headers['content-encoding'] === 'gzip';
    const body: unknown = JSON.parse((zipped ? gunzipSync(raw) : raw).toString('utf8'));
    switch (request.url) {
      case '/v1/devices':
        return { ...this.#register(request, raw, body), serverTime };
      case '/v1/sessions':
        return { ...this.#session(body), serverTime };
      case '/v1/events':
        return { ...this.#take(request, raw, body), serverTime };
      case '/v1/device/logon-report':
        this.#signedDevice(request, raw);
        return { ...this.logon.take(body), serverTime };
      case '/v1/device/otp-secret':
        return { ...this.#release(request, raw, body), serverTime };
      default:
        throw new Refusal('not-found');
    }
  }

  #release(request: IncomingMessage, raw: Buffer, body: unknown): object {
    const device = this.#signedDevice(request, raw);
    const released = this.logon.release(device, this.#secretOf(device), secretRequest.parse(body));
    if (typeof released === 'string') throw new Refusal(released);
    return released;
  }

  #signedDevice(request: IncomingMessage, raw: Buffer): string {
    const { by, device } = this.#caller(request, raw);
    if (by !== 'device') throw new Refusal('signature-missing');
    return device;
  }

  #register(request: IncomingMessage, raw: Buffer, body: unknown) {
    const device = deviceRegistration.parse(body);
    const id = deviceIdOf(device.publicKey);
    this.#checkSignature(request, raw, id, device.publicKey);
    this.devices.set(id, device);
    return { device: id, company: { code: device.company, name: 'Test' }, role: 'client' };
  }

  #session(body: unknown) {
    const { ticket, anchor } = sessionRequest.parse(body);
    const said = ticketStatement.parse(JSON.parse(ticket.statement));
    this.#checkStatement(ticket, said.device);
    if (said.server !== this.origin) throw new Refusal('ticket-invalid');
    this.#spendNonce(said.nonce);
    if (anchor) this.#takeAnchor(anchor, said.device, said.nonce);
    const token = randomBytes(32).toString('base64url');
    this.#tokens.set(token, { device: said.device, sid: said.sid });
    return { token, expiresAt: new Date(Date.now() + 900_000).toISOString() };
  }

  /** The caller as an employee whose first logon was 出勤. */
  #me(request: IncomingMessage) {
    const { by, device } = this.#caller(request, Buffer.alloc(0));
    const own = this.arrived.filter(({ event }) => event.device === device && event.account?.sid === by);
    const first = own.find(({ event }) => event.kind === 'logon')?.event;
    const at = first?.occurredAt ?? null;
    return {
      account: first?.account ?? { sid: by, domain: '', name: '' },
      employee: { code: '1001', lastName: '山田', firstName: '太郎', group: null },
      settings: { timeZone: 'Asia/Tokyo', dayBorder: '05:00', language: 'ja' },
      today: {
        date: new Date().toISOString().slice(0, 10),
        in: at,
        out: null,
        breaks: [],
        flags: [],
        punches: at ? [{ kind: 'in', at, state: 'sent' }] : [],
      },
      status: { lastEventAt: own.at(-1)?.event.occurredAt ?? null, findings: [] },
    };
  }

  #take(request: IncomingMessage, raw: Buffer, body: unknown) {
    const caller = this.#caller(request, raw);
    const { events, anchor } = eventUpload.parse(body);
    const journals = new Set<string>();
    const named = anchor && caller.nonce ? this.#takeAnchor(anchor, caller.device, caller.nonce) : null;
    if (named) journals.add(named);
    const verdicts = events.map((item): EventVerdict => {
      const sealed = sealedEvent.parse(item);
      const event = sessionEvent.parse(JSON.parse(sealed.record));
      if (caller.by !== 'device' && event.account?.sid !== caller.by) return refused('wrong-account');
      if (event.device !== caller.device) return refused('wrong-device');
      if (!sealHolds(journalKey(this.#secretOf(caller.device), event.journal), sealed))
        return refused('mac-mismatch');
      const held = this.#journal(event.journal);
      journals.add(event.journal);
      const same = held.records.get(event.sequence);
      if (same) return same.sealed.mac === sealed.mac ? { status: 'duplicate' } : refused('sequence-reused');
      const previous = held.records.get(event.sequence - 1)?.sealed.mac;
      const expected = event.sequence === 1 ? GENESIS_MAC : previous;
      if (expected && expected !== sealed.previousMac) return refused('chain-broken');
      const arrived = { sealed, event, by: caller.by };
      held.records.set(event.sequence, arrived);
      this.arrived.push(arrived);
      return { status: 'stored' };
    });
    const receipts = [...journals].map((journal) => this.receiptFor(caller.device, journal));
    return { verdicts, receipts: this.withholdReceipts ? [] : receipts };
  }

  #caller(
    request: IncomingMessage,
    raw: Buffer,
  ): { device: string; by: 'device' | Sid; nonce: string | null } {
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (bearer) {
      const session = this.#tokens.get(bearer);
      if (!session) throw new Refusal('token-invalid');
      return { device: session.device, by: session.sid, nonce: null };
    }
    const keyId = /keyid="([^"]+)"/.exec(String(request.headers['signature-input']))?.[1] ?? '';
    const device = this.devices.get(keyId);
    if (!device) throw new Refusal('unknown-device');
    return {
      device: keyId,
      by: 'device',
      nonce: this.#checkSignature(request, raw, keyId, device.publicKey),
    };
  }

  /** @returns the nonce that was signed over. */
  #checkSignature(request: IncomingMessage, raw: Buffer, expectedKeyId: string, key: PublicKey): string {
    const read = readSignatureHeaders(
      String(request.headers['signature-input']),
      String(request.headers['signature']),
    );
    if (!read) throw new Refusal('signature-missing');
    const contentDigest = `sha-256=:${createHash('sha256').update(raw).digest('base64')}:`;
    if (request.headers['content-digest'] !== contentDigest) throw new Refusal('digest-mismatch');
    const url = new URL(request.url ?? '/', this.origin);
    const target = {
      method: request.method ?? '',
      authority: String(request.headers.host),
      path: url.pathname,
      query: url.search || '?',
      contentDigest,
    };
    const signature = Buffer.from(read.signatureBase64, 'base64');
    if (read.keyId !== expectedKeyId || !signedBy(key, signatureBase(target, read.params), signature)) {
      throw new Refusal('signature-invalid');
    }
    this.#spendNonce(read.nonce);
    return read.nonce;
  }

  #checkStatement({ statement, signature }: SignedStatement, device: string): void {
    const key = this.devices.get(device)?.publicKey;
    if (!key) throw new Refusal('unknown-device');
    if (!signedBy(key, statementInput(statement), Buffer.from(signature, 'base64url'))) {
      throw new Refusal('ticket-invalid');
    }
  }

  #takeAnchor(anchor: SignedStatement, device: string, nonce: string): string | null {
    this.#checkStatement(anchor, device);
    const said = anchorStatement.parse(JSON.parse(anchor.statement));
    if (said.nonce !== nonce || said.device !== device) throw new Refusal('ticket-invalid');
    this.anchors.push(said);
    return said.journal.id;
  }

  #spendNonce(nonce: string): void {
    if (!this.#nonces.delete(nonce)) throw new Refusal('nonce-stale');
  }

  #journal(id: string): JournalHeld {
    const held = this.#journals.get(id) ?? { records: new Map<number, ArrivedEvent>() };
    this.#journals.set(id, held);
    return held;
  }

  #secretOf(device: string): Buffer {
    const secret = this.devices.get(device)?.deviceSecret;
    if (!secret) throw new Refusal('unknown-device');
    return Buffer.from(secret, 'base64url');
  }
}

const refused = (code: string): EventVerdict => ({ status: 'refused', code });

const signedBy = (jwk: PublicKey, text: string, signature: Buffer): boolean => {
  const { kty, crv, x, y } = jwk;
  const key = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  return verify('sha256', Buffer.from(text, 'utf8'), { key, dsaEncoding: 'ieee-p1363' }, signature);
};
