/**
 * What every bridge must do, said over a real pipe: `describeBridgeProtocol` is run against each implementation there is.
 */
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_LINE_BYTES } from '../../contract/bridge.ts';
import { GENESIS_MAC, type SealedEvent, sessionEvent } from '../../contract/event.ts';
import { type Account, type Sid, sid } from '../../contract/ids.ts';
import { anchorStatement, ticketStatement } from '../../contract/statement.ts';
import { journalKey, receiptKey, receiptMac, sealHolds } from '../../sandbox/virtual-pc/bridge/chain.ts';
import { ScriptedServer } from '../../sandbox/virtual-pc/scripted-server.test-support.ts';
import { BridgeClient, codeOf } from './bridge-client.ts';

/** One logged-on session of the PC the bridge runs on. */
export interface SessionUnderTest {
  /** Opens the pipe as a program of this session would. */
  connect(): Promise<Duplex>;
  /** Makes something happen in the session, such as `lock`; returns when the bridge has recorded it. */
  record(kind: string): Promise<void>;
}

export interface RehearsalsUnderTest {
  /** For whom windows were opened, in their order. */
  opened(): Promise<Sid[]>;
  /** The user closes the window; returns when the bridge has been told. */
  close(session: SessionUnderTest): Promise<void>;
}

export interface BridgeUnderTest {
  /** Logs an account on; returns when the bridge has recorded it. */
  logOn(account: Account): Promise<SessionUnderTest>;
  /** Ends the bridge without warning and starts it again over the same files, with the same sessions. */
  crashAndRestart(): Promise<void>;
  /** Set where the logon core is never missing. */
  alwaysHasLogonCore?: true;
  /** Set where the bridge can open a rehearsal, in a window that the test has in its hands. */
  rehearsals?: RehearsalsUnderTest;
  stop(): Promise<void>;
}

/** What the bridge is told at installation. It must report by itself only when a client says `sync`, for the suite's time. */
export interface BridgeSetup {
  server: string;
  company: string;
  accessToken: string;
}

const SETUP = { company: 'abc123', accessToken: 'A'.repeat(32) };
const TARO: Account = { sid: sid.parse('S-1-5-21-1-2-3-1001'), domain: 'PC-01', name: '山田 太郎' };
const HANAKO: Account = { sid: sid.parse('S-1-5-21-1-2-3-1002'), domain: 'PC-01', name: 'hanako' };
/** As long as Windows account names never are, but records may be. */
const LONG_NAMED: Account = { ...TARO, domain: '組'.repeat(250), name: '名'.repeat(250) };
const FROM_START = { journal: null, after: 0, limit: 500 };

const eventOf = ({ record }: SealedEvent) => sessionEvent.parse(JSON.parse(record));

/** Runs the suite. `startBridge` gives a fresh bridge on a PC where nobody is logged on. */
export function describeBridgeProtocol(
  name: string,
  startBridge: (setup: BridgeSetup) => Promise<BridgeUnderTest>,
): void {
  describe(`the bridge protocol as spoken by ${name}`, () => {
    let server: ScriptedServer;
    let bridge: BridgeUnderTest;
    let taro: SessionUnderTest;
    const clients: BridgeClient[] = [];

    const clientOf = async (session: SessionUnderTest): Promise<BridgeClient> => {
      const client = new BridgeClient(await session.connect());
      clients.push(client);
      return client;
    };
    const greetedClientOf = async (session: SessionUnderTest): Promise<BridgeClient> => {
      const client = await clientOf(session);
      await client.hello();
      return client;
    };

    beforeEach(async () => {
      server = await ScriptedServer.start();
      bridge = await startBridge({ server: server.origin, ...SETUP });
      taro = await bridge.logOn(TARO);
    });
    afterEach(async () => {
      for (const client of clients.splice(0)) client.close();
      await bridge.stop();
      await server.close();
    });

    describe('hello', () => {
      test('names the caller of the pipe and the version both speak', async () => {
        const client = await clientOf(taro);
        const said = await client.ask('hello', {
          versions: [7, 1],
          client: 'conformance',
          clientVersion: '1',
          account: HANAKO,
        });
        expect(said).toMatchObject({ version: 1, account: TARO, registration: null });
      });

      test('must come first', async () => {
        const client = await clientOf(taro);
        expect(await client.refusalOf('status', {})).toBe('hello-first');
        await client.hello();
        expect(await client.ask('status', {})).toMatchObject({ registered: false });
      });

      test('without a common version is refused and ends the connection', async () => {
        const client = await clientOf(taro);
        const params = { versions: [99], client: 'conformance', clientVersion: '1' };
        expect(await client.refusalOf('hello', params)).toBe('version-unsupported');
        await client.ended();
      });
    });

    describe('messages', () => {
      test.each([
        ['not JSON', 'what is this\n'],
        ['not an object', '[1,2,3]\n'],
        ['an empty line', '\n'],
        ['without params', '{"id":1,"method":"hello"}\n'],
        ['with a negative id', '{"id":-1,"method":"hello","params":{}}\n'],
        ['not UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22, 0x0a])],
      ])('%s are malformed and end the connection', async (_what, line) => {
        const client = await clientOf(taro);
        client.send(line);
        expect(codeOf(await client.next((message) => 'error' in message))).toBe('malformed-message');
        await client.ended();
      });

      test('longer than a line may be are refused and end the connection', async () => {
        const client = await greetedClientOf(taro);
        client.send('x'.repeat(MAX_LINE_BYTES + 1));
        expect(codeOf(await client.next((message) => 'error' in message))).toBe('line-too-long');
        await client.ended();
      });

      test('may be as long as a line may be', async () => {
        const client = await greetedClientOf(taro);
        const frame = '{"id":1,"method":"status","params":{"padding":""}}';
        const line = frame.replace('""', `"${'x'.repeat(MAX_LINE_BYTES - frame.length)}"`);
        client.send(`${line}\n`);
        expect(await client.next((message) => message['id'] === 1)).toHaveProperty('result');
      });

      test('may come in any pieces, and several at once', async () => {
        const client = await greetedClientOf(taro);
        for (const piece of [
          '{"id":71,"method":"sta',
          'tus","params":{}}\n{"id":72,',
          '"method":"status","params":{}}\n',
        ])
          client.send(piece);
        expect(await client.next((message) => message['id'] === 71)).toHaveProperty('result');
        expect(await client.next((message) => message['id'] === 72)).toHaveProperty('result');
      });

      test.each(['nonsense', '__proto__', 'constructor', ''])(
        'with the unknown method %j are refused',
        async (method) => {
          const client = await greetedClientOf(taro);
          expect(await client.refusalOf(method, {})).toBe('unknown-method');
          await client.ask('status', {});
        },
      );

      test.each([
        ['journal.read', { journal: null, after: 0, limit: 501 }],
        ['journal.read', { journal: 'x', after: 0, limit: 1 }],
        ['journal.acknowledge', { journal: null, through: 1 }],
        ['ticket', { nonce: 'short' }],
        ['receipt', {}],
        ['status', null],
      ])('of %s with params outside the contract are refused', async (method, params) => {
        const client = await greetedClientOf(taro);
        expect(await client.refusalOf(method, params)).toBe('invalid-params');
        await client.ask('status', {});
      });

      test('in a flood are refused for a while, not answered without end, and the client is served again later', async () => {
        const client = await greetedClientOf(taro);
        const flood = Array.from(
          { length: 3000 },
          (_, n) => `{"id":${n + 1000},"method":"status","params":{}}\n`,
        );
        client.send(flood.join(''));
        const last = await client.next((message) => message['id'] === 3999);
        expect(codeOf(last)).toBe('too-many-requests');
        await expect.poll(() => client.refusalOf('status', {}), { timeout: 10_000 }).toBeNull();
      });
    });

    describe('journal.read', () => {
      test('gives the records of the caller in order, sealed in a chain that holds', async () => {
        await taro.record('lock');
        await taro.record('unlock');
        const client = await greetedClientOf(taro);
        const { records, more, through, journal } = await client.ask('journal.read', FROM_START);
        expect(records.map((sealed) => eventOf(sealed).kind)).toEqual(['logon', 'lock', 'unlock']);
        expect(more).toBe(false);
        expect(through).toBe(journal.headSequence);
        await client.ask('sync', {});
        const secret = Buffer.from([...server.devices.values()][0]?.deviceSecret ?? '', 'base64url');
        expect(records.every((sealed) => sealHolds(journalKey(secret, journal.id), sealed))).toBe(true);
        for (const [index, sealed] of records.entries()) {
          expect(eventOf(sealed).sequence).toBe(index + 1);
          expect(sealed.previousMac).toBe(records[index - 1]?.mac ?? GENESIS_MAC);
        }
      });

      test('never gives another account’s records, and says how far it looked', async () => {
        const hanako = await bridge.logOn(HANAKO);
        await hanako.record('lock');
        const { records, through } = await (await greetedClientOf(taro)).ask('journal.read', FROM_START);
        expect(records.map((sealed) => eventOf(sealed).account?.sid)).toEqual([TARO.sid]);
        expect(through).toBe(3);
        const others = await (await greetedClientOf(hanako)).ask('journal.read', FROM_START);
        expect(others.records.map((sealed) => eventOf(sealed).kind)).toEqual(['logon', 'lock']);
      });

      test('gives at most what was asked for and reads on from there', async () => {
        for (const kind of ['lock', 'unlock', 'lock', 'unlock']) await taro.record(kind);
        const client = await greetedClientOf(taro);
        const kinds: string[] = [];
        let page = await client.ask('journal.read', { ...FROM_START, limit: 2 });
        for (;;) {
          expect(page.records.length).toBeLessThanOrEqual(2);
          kinds.push(...page.records.map((sealed) => eventOf(sealed).kind));
          if (!page.more) break;
          page = await client.ask('journal.read', {
            journal: page.journal.id,
            after: page.through,
            limit: 2,
          });
        }
        expect(kinds).toEqual(['logon', 'lock', 'unlock', 'lock', 'unlock']);
      });

      test('keeps its answers within the longest line', async () => {
        const wordy = await bridge.logOn(LONG_NAMED);
        for (let n = 0; n < 500; n += 1) await wordy.record(n % 2 ? 'unlock' : 'lock');
        const pipe = await wordy.connect();
        const client = new BridgeClient(pipe);
        clients.push(client);
        let lineBytes = 0;
        let longest = 0;
        pipe.on('data', (text: string) => {
          for (const [index, part] of text.split('\n').entries()) {
            if (index > 0) lineBytes = 0;
            lineBytes += Buffer.byteLength(part);
            longest = Math.max(longest, lineBytes);
          }
        });
        await client.hello();
        let after = 0;
        let count = 0;
        for (let more = true; more; ) {
          const { id } = (await client.ask('status', {})).journal;
          const page = await client.ask('journal.read', { journal: id, after, limit: 500 });
          expect(page.through).toBeGreaterThan(after);
          ({ more, through: after } = page);
          count += page.records.length;
        }
        expect(count).toBe(502);
        expect(longest).toBeGreaterThan(MAX_LINE_BYTES / 2);
        expect(longest).toBeLessThanOrEqual(MAX_LINE_BYTES);
      }, 60_000);

      test('of another journal begins at this one’s start; of a place past the end says where the end is', async () => {
        const client = await greetedClientOf(taro);
        const other = '11111111-1111-4111-8111-111111111111';
        const page = await client.ask('journal.read', { journal: other, after: 900, limit: 500 });
        expect(page.records).toHaveLength(1);
        const past = await client.ask('journal.read', { journal: page.journal.id, after: 900, limit: 500 });
        expect(past).toMatchObject({ records: [], through: 1, more: false });
      });
    });

    describe('journal.acknowledge', () => {
      test('moves the caller’s own position, which never goes back and survives a crash', async () => {
        await taro.record('lock');
        const client = await greetedClientOf(taro);
        const { journal } = await client.ask('status', {});
        const acknowledge = (to: BridgeClient, through: number) =>
          to.ask('journal.acknowledge', { journal: journal.id, through });
        expect(await acknowledge(client, 2)).toEqual({ acknowledgedThrough: 2 });
        expect(await acknowledge(client, 1)).toEqual({ acknowledgedThrough: 2 });
        await bridge.crashAndRestart();
        const later = await greetedClientOf(taro);
        expect(await acknowledge(later, 0)).toEqual({ acknowledgedThrough: 2 });
        expect((await later.ask('journal.read', FROM_START)).records).toEqual([]);
      });

      test('moves nobody else’s position and drops nothing', async () => {
        const hanako = await bridge.logOn(HANAKO);
        const client = await greetedClientOf(taro);
        const { journal } = await client.ask('status', {});
        await client.ask('journal.acknowledge', { journal: journal.id, through: journal.headSequence });
        const others = await (await greetedClientOf(hanako)).ask('journal.read', FROM_START);
        expect(others.records).toHaveLength(1);
        const again = await client.ask('journal.read', { journal: journal.id, after: 0, limit: 500 });
        expect(again.records).toHaveLength(1);
        expect((await client.ask('status', {})).receivedThrough).toBe(0);
      });

      test('of what is not there is refused', async () => {
        const client = await greetedClientOf(taro);
        const { journal } = await client.ask('status', {});
        const other = '11111111-1111-4111-8111-111111111111';
        expect(await client.refusalOf('journal.acknowledge', { journal: journal.id, through: 2 })).toBe(
          'beyond-head',
        );
        expect(await client.refusalOf('journal.acknowledge', { journal: other, through: 0 })).toBe(
          'unknown-journal',
        );
      });
    });

    describe('receipt', () => {
      test('moves how far the server has received, only forward, only when the server made it', async () => {
        await taro.record('lock');
        const client = await greetedClientOf(taro);
        const { device, journal } = await client.hello();
        server.withholdReceipts = true;
        await client.ask('sync', {});
        const receipt = server.receiptFor(device, journal.id);
        const forged = { ...receipt, mac: `${receipt.mac.slice(0, -2)}AA` };
        const stretched = { ...receipt, throughSequence: 99 };
        expect(await client.refusalOf('receipt', { receipt: forged })).toBe('receipt-invalid');
        expect(await client.refusalOf('receipt', { receipt: stretched })).toBe('receipt-invalid');
        expect((await client.ask('status', {})).receivedThrough).toBe(0);
        expect(await client.ask('receipt', { receipt })).toEqual({ receivedThrough: 2 });
        expect(await client.ask('receipt', { receipt: sign(server, device, journal.id, 1) })).toEqual({
          receivedThrough: 2,
        });
        await bridge.crashAndRestart();
        expect((await (await greetedClientOf(taro)).ask('status', {})).receivedThrough).toBe(2);
      });

      test('of another journal or beyond the head is refused even when the server made it', async () => {
        const client = await greetedClientOf(taro);
        const { device, journal } = await client.hello();
        await client.ask('sync', {});
        const other = '11111111-1111-4111-8111-111111111111';
        const refusalOf = (receipt: object) => client.refusalOf('receipt', { receipt });
        expect(await refusalOf(sign(server, device, other, 1))).toBe('unknown-journal');
        expect(await refusalOf(sign(server, device, journal.id, 50))).toBe('beyond-head');
      });
    });

    describe('ticket', () => {
      test('is not given before the device is registered', async () => {
        const client = await greetedClientOf(taro);
        expect(await client.refusalOf('ticket', { nonce: 'n'.repeat(20) })).toBe('not-registered');
      });

      test('is for the account of the pipe, this server and this nonce, and comes with an anchor', async () => {
        const client = await greetedClientOf(taro);
        expect(await client.ask('sync', {})).toEqual({ reached: true, problem: null });
        const { device, registration } = await client.hello();
        expect(registration).toEqual({ server: server.origin, company: SETUP.company });
        const nonce = await freshNonce(server);
        const { ticket, anchor } = await client.ask('ticket', { nonce, sid: HANAKO.sid });
        expect(ticketStatement.parse(JSON.parse(ticket.statement))).toEqual({
          purpose: 'ticket',
          server: server.origin,
          company: SETUP.company,
          device,
          sid: TARO.sid,
          nonce,
        });
        const head = anchorStatement.parse(JSON.parse(anchor.statement));
        expect(head).toMatchObject({ purpose: 'anchor', nonce, device, journal: { headSequence: 1 } });
        const response = await fetch(`${server.origin}/v1/sessions`, {
          method: 'POST',
          body: JSON.stringify({ ticket, anchor, clientVersion: '1' }),
        });
        expect(response.status).toBe(200);
      });

      test('carries a clock that runs on, whatever the wall clock does', async () => {
        const client = await greetedClientOf(taro);
        await client.ask('sync', {});
        const readings = [];
        for (const nonce of ['1'.repeat(20), '2'.repeat(20)]) {
          const { anchor } = await client.ask('ticket', { nonce });
          readings.push(anchorStatement.parse(JSON.parse(anchor.statement)).clock);
        }
        expect(readings[1]?.bootId).toBe(readings[0]?.bootId);
        expect(readings[1]?.uptimeMs).toBeGreaterThanOrEqual(
          readings[0]?.uptimeMs ?? Number.POSITIVE_INFINITY,
        );
      });
    });

    describe('sync', () => {
      test('sends everybody’s records, signed by the device', async () => {
        const hanako = await bridge.logOn(HANAKO);
        await hanako.record('lock');
        const client = await greetedClientOf(taro);
        expect(await client.ask('sync', {})).toEqual({ reached: true, problem: null });
        expect(server.kinds).toEqual(['logon', 'logon', 'lock']);
        expect(server.arrived.every(({ by }) => by === 'device')).toBe(true);
        expect(server.anchors.at(-1)?.journal.headSequence).toBe(3);
        const status = await client.ask('status', {});
        expect(status).toMatchObject({ registered: true, receivedThrough: 3, lastProblem: null });
        expect(status.lastSyncAt).not.toBeNull();
      });

      test('says what stood in the way, and nothing is lost by it', async () => {
        const client = await greetedClientOf(taro);
        server.refuseWith = 'access-token-revoked';
        expect(await client.ask('sync', {})).toEqual({ reached: true, problem: 'access-token-revoked' });
        expect((await client.ask('status', {})).lastProblem).toBe('access-token-revoked');
        server.refuseWith = null;
        await client.ask('sync', {});
        expect(server.kinds).toEqual(['logon']);
      });
    });

    describe('logon', () => {
      /** Null where the bridge has no logon core: then nobody is asked for codes, and no secret is fetched. */
      const standingOf = async (client: BridgeClient) => (await client.ask('logon.standing', {})).account;
      const fetchSecret = (client: BridgeClient, code: string | null) =>
        client.ask('logon.fetch-secret', { code });
      const NO_CORE = { held: false, problem: 'algorithm-unsupported' };
      const enrolledElsewhere = (who: Account, releasedFor: string) =>
        server.logon.link(who.sid, { enrolled: { here: false, releasedFor } });

      test('knows nothing of an account the server has not linked, and has no secret of it', async () => {
        const client = await greetedClientOf(taro);
        await client.ask('sync', {});
        expect(await standingOf(client)).toBeNull();
        const problem = (await fetchSecret(client, null)) as { problem?: string };
        expect(['account-unlinked', NO_CORE.problem]).toContain(problem.problem);
      });

      test('follows the server: an account enrolled here has its secret after a sync, and that is reported', async () => {
        server.logon.link(TARO.sid, { methods: 'otp+password' });
        const client = await greetedClientOf(taro);
        await client.ask('sync', {});
        const account = await standingOf(client);
        if (!account) {
          expect(bridge.alwaysHasLogonCore ?? false).toBe(false);
          return expect(await fetchSecret(client, null)).toEqual(NO_CORE);
        }
        expect(account).toMatchObject({
          methods: 'otp+password',
          enforcement: 'rehearsal-due',
          secretHeld: true,
          codesDisabled: false,
          waitMs: 0,
          passwordSealed: false,
        });
        expect(server.logon.reports.at(-1)?.accounts).toMatchObject([
          { sid: TARO.sid, enforcement: 'rehearsal-due' },
        ]);
        await bridge.crashAndRestart();
        expect(await standingOf(await greetedClientOf(taro))).toEqual(account);
      });

      test('fetches what was enrolled elsewhere for a code of its owner only, by itself never', async () => {
        enrolledElsewhere(TARO, '123456');
        const client = await greetedClientOf(taro);
        await client.ask('sync', {});
        const account = await standingOf(client);
        if (!account) return expect(await fetchSecret(client, '123456')).toEqual(NO_CORE);
        expect(account).toMatchObject({ enforcement: 'none', secretHeld: false });
        expect(await fetchSecret(client, null)).toEqual({ held: false, problem: 'code-needed' });
        expect(await fetchSecret(client, '654321')).toEqual({ held: false, problem: 'otp-wrong' });
        expect(await fetchSecret(client, '123456')).toEqual({ held: true });
        expect(await standingOf(client)).toMatchObject({ enforcement: 'rehearsal-due', secretHeld: true });
      });

      test('is about the account of the pipe, whatever a request names', async () => {
        enrolledElsewhere(HANAKO, '123456');
        const client = await greetedClientOf(taro);
        await client.ask('sync', {});
        const asked = { sid: HANAKO.sid, code: '123456' };
        expect((await client.ask('logon.standing', asked)).account).toBeNull();
        expect(await client.ask('logon.fetch-secret', asked)).toMatchObject({ held: false });
      });

      test('of an account that is no longer linked is forgotten', async () => {
        server.logon.link(TARO.sid, {});
        const client = await greetedClientOf(taro);
        await client.ask('sync', {});
        server.logon.unlink(TARO.sid);
        await client.ask('sync', {});
        expect(await standingOf(client)).toBeNull();
      });

      test('says why the secret cannot be had now', async () => {
        enrolledElsewhere(TARO, '123456');
        const client = await greetedClientOf(taro);
        await client.ask('sync', {});
        server.refuseWith = 'unavailable';
        const outcome = (await fetchSecret(client, '123456')) as { problem?: string };
        expect(['unavailable', NO_CORE.problem]).toContain(outcome.problem);
      });

      test('opens no rehearsal where there is nothing to rehearse', async () => {
        const client = await greetedClientOf(taro);
        const reasons = bridge.alwaysHasLogonCore ? ['not-linked'] : ['not-linked', 'no-provider'];
        const problemNow = async () => {
          const answer = await client.ask('logon.rehearse', {});
          return 'problem' in answer ? answer.problem : 'none';
        };
        expect(reasons).toContain(await problemNow());
        enrolledElsewhere(TARO, '123456');
        await client.ask('sync', {});
        expect([...reasons.slice(1), 'nothing-to-rehearse']).toContain(await problemNow());
        expect((await bridge.rehearsals?.opened()) ?? []).toEqual([]);
      });

      test('opens one rehearsal at a time, for the account of the pipe, whatever a request names', async () => {
        server.logon.link(TARO.sid, {});
        server.logon.link(HANAKO.sid, {});
        await bridge.logOn(HANAKO);
        const client = await greetedClientOf(taro);
        await client.ask('sync', {});
        const asked = {
          sid: HANAKO.sid,
          session: 2,
          program: 'C:\\Windows\\System32\\cmd.exe',
          arguments: '/k',
        };
        const rehearse = () => client.ask('logon.rehearse', asked);
        const { rehearsals } = bridge;
        if (!rehearsals) {
          const reasons = ['cannot-start', 'no-provider'];
          return expect(reasons).toContain(((await rehearse()) as { problem?: string }).problem);
        }
        expect(await rehearse()).toEqual({ started: true });
        expect(await rehearse()).toEqual({ started: false, problem: 'rehearsal-running' });
        await rehearsals.close(taro);
        await expect.poll(rehearse, { timeout: 10_000 }).toEqual({ started: true });
        expect(await rehearsals.opened()).toEqual([TARO.sid, TARO.sid]);
      });

      test('takes no code that is none', async () => {
        const client = await greetedClientOf(taro);
        for (const code of ['', '1'.repeat(65), 123456, undefined]) {
          expect(await client.refusalOf('logon.fetch-secret', { code })).toBe('invalid-params');
        }
      });
    });

    describe('clients', () => {
      test('of a session may be several, each told when its journal grew', async () => {
        const first = await greetedClientOf(taro);
        const second = await greetedClientOf(taro);
        await taro.record('lock');
        for (const client of [first, second]) {
          const notice = await client.next((message) => message['notice'] === 'journal');
          expect(notice['params']).toMatchObject({ headSequence: 2 });
        }
      });

      test('are not told of other accounts', async () => {
        const hanako = await bridge.logOn(HANAKO);
        const client = await greetedClientOf(taro);
        await hanako.record('lock');
        await taro.record('lock');
        const notice = await client.next((message) => 'notice' in message);
        expect(notice['params']).toMatchObject({ headSequence: 4 });
      });

      test('that vanish in the middle of a line harm nobody', async () => {
        const rude = await clientOf(taro);
        rude.send('{"id":1,"meth');
        rude.close();
        const client = await greetedClientOf(taro);
        await client.ask('status', {});
      });
    });

    test('a crash loses nothing that was recorded', async () => {
      for (const kind of ['lock', 'unlock']) await taro.record(kind);
      await bridge.crashAndRestart();
      await taro.record('lock');
      const { records } = await (await greetedClientOf(taro)).ask('journal.read', FROM_START);
      expect(records.map((sealed) => eventOf(sealed).kind)).toEqual(['logon', 'lock', 'unlock', 'lock']);
      expect(records.map((sealed) => eventOf(sealed).sequence)).toEqual([1, 2, 3, 4]);
      // The PC ran on: a bridge that can tell goes on in the same run, one that cannot begins another.
      const [before, after] = records.slice(2).map((sealed) => eventOf(sealed).clock);
      if (before?.bootId === after?.bootId) {
        expect(after?.uptimeMs).toBeGreaterThanOrEqual(before?.uptimeMs ?? Number.POSITIVE_INFINITY);
      }
    });
  });
}

/** A receipt with the server's key, for any position. */
function sign(server: ScriptedServer, device: string, journal: string, throughSequence: number) {
  const { device: id, journal: journalOf } = server.receiptFor(device, journal);
  const secret = Buffer.from(server.devices.get(device)?.deviceSecret ?? '', 'base64url');
  const claim = { device: id, journal: journalOf, throughSequence };
  return { ...claim, mac: receiptMac(receiptKey(secret), claim) };
}

async function freshNonce(server: ScriptedServer): Promise<string> {
  const response = await fetch(`${server.origin}/v1/nonces`, { method: 'POST' });
  const { nonce } = (await response.json()) as { nonce: string };
  return nonce;
}
