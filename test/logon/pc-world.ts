/** Somebody at a virtual PC with the real core, client and server, and their authenticator; what they do goes through the page's requests. */
import path from 'node:path';
import { generateSync } from 'otplib';
import { expect, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { testFolder } from '../../app/folder.test-support.ts';
import { sid } from '../../contract/ids.ts';
import { enrolmentConfirmed, enrolmentStarted } from '../../contract/logon.ts';
import { type Action, actionResult, pcState } from '../../sandbox/virtual-pc/page-messages.ts';
import {
  type ClientCommandRequest,
  type Credentials,
  clientReply,
  emergencyChallenge,
  tile,
} from '../../sandbox/virtual-pc/tile-messages.ts';
import { createVirtualPc, type VirtualPcOptions } from '../../sandbox/virtual-pc/virtual-pc.ts';
import { issueCode } from '../../server/administration/logon-accounts.ts';
import { setGroupMethods, setLogonRules } from '../../server/administration/logon-rules.ts';
import type { GroupMethods } from '../../server/logon/logon-settings.ts';
import { policyOf } from '../../server/logon/policy.ts';
import { EMPLOYEE_CODE, startServer } from './world.ts';

export const TARO = sid.parse('S-1-5-21-1-2-3-1001');
export const PASSWORD = 'himitsu';
export const STEP_MS = 30_000;
const GROUP = 'g';
/** The PC asks the server this often what has changed. */
const LOGON_MS = 200;
const PATIENT = { timeout: 20_000, interval: 100 };

/** A PC that is on, with nobody signed in and nobody linked; the employee's group logs on by `methods`. */
export async function startPc(methods: GroupMethods, more: Partial<VirtualPcOptions> = {}) {
  const folder = testFolder();
  const server = await startServer(folder);
  const { store, administration, clock } = server;
  const company = administration().company;
  await store.insertInto('groups').values({ company, id: GROUP, name: '営業' }).execute();
  await store.updateTable('employees').set({ group_id: GROUP }).execute();
  const setMethods = (to: GroupMethods) => setGroupMethods(administration(), GROUP, to);
  await setMethods(methods);
  const state = path.join(folder, 'pc');
  const user = { sid: TARO, domain: 'PC-01', name: 'taro', displayName: '山田 太郎', password: PASSWORD };
  const pc = await createVirtualPc({
    state,
    port: 0,
    server: server.origin,
    company: server.companyCode,
    accessToken: server.accessToken,
    name: 'PC-01',
    users: [user],
    timeZone: 'Asia/Tokyo',
    delays: { machineMs: 50, sessionEndMs: 50, logonMs: LOGON_MS, retryFirstMs: 200, retryLongestMs: 400 },
    ...more,
  });
  onTestFinished(() => pc.close());

  async function post<T extends z.ZodType>(to: string, schema: T, body: object): Promise<z.infer<T>> {
    const response = await fetch(`${pc.url}${to}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return schema.parse(await response.json());
  }
  const look = async () => pcState.parse(await (await fetch(`${pc.url}/api/state`)).json());
  const act = (action: Action) => post('/api/actions', actionResult, action);
  const typed = (credentials: Partial<Credentials>): Credentials => ({
    password: PASSWORD,
    sealPassword: false,
    ...credentials,
  });
  const events = async (kind: string) => (await look()).events.filter((event) => event.kind === kind);

  let secret = '';
  let ruleChanges = 0;
  const here = {
    server,
    state,
    look,
    act,
    events,
    setMethods,
    crashBridge: () => pc.pc.crashBridge(),
    tile: (rehearsal = false) => post('/api/tile', tile, { sid: TARO, rehearsal }),
    challenge: async () =>
      (await post('/api/tile/emergency', emergencyChallenge, { sid: TARO })).challenge ?? '',
    signIn: (credentials: Partial<Credentials> = {}) =>
      act({ type: 'sign-in', sid: TARO, credentials: typed(credentials) }),
    rehearse: (credentials: Partial<Credentials>) =>
      act({ type: 'rehearse', credentials: typed(credentials) }),
    askClient: (command: ClientCommandRequest) => post('/api/client', clientReply, command),
    enforcement: async () => (await look()).users[0]?.enforcement,
    /** How the last logon or unlock was proven, as the journal has it at the server. */
    async methodAtServer(): Promise<string | null | undefined> {
      await expect
        .poll(async () => (await look()).events.every(({ received }) => received), PATIENT)
        .toBe(true);
      const row = await store
        .selectFrom('logs')
        .select('auth_method')
        .where('kind', 'in', ['logon', 'unlock'])
        .orderBy('sequence', 'desc')
        .executeTakeFirst();
      return row?.auth_method;
    },

    /** What the authenticator shows now. */
    code: () => generateSync({ strategy: 'totp', secret, epoch: Math.floor(clock.now() / 1000) }),
    /** Lets the authenticator come to its next code, and the server's clock with it. */
    nextCode(): string {
      clock.aheadMs += STEP_MS;
      return here.code();
    },
    /** The PC has told and asked the server since; its answer said what time it is. */
    async synced(): Promise<void> {
      ruleChanges += 1;
      await setLogonRules(administration(), { probationDays: 14 + ruleChanges });
      const { device } = await store.selectFrom('devices').select('id as device').executeTakeFirstOrThrow();
      const isInForce = async () =>
        (await look()).policyVersion === (await policyOf(store, { company, device })).version;
      await expect.poll(isInForce, PATIENT).toBe(true);
    },
    /** The next code, at a PC that knows the time. */
    async freshCode(): Promise<string> {
      here.nextCode();
      await here.synced();
      return here.code();
    },

    /** Signs in by password, links by a one-time code and enrols. @returns the recovery codes. */
    async enrol(): Promise<string[]> {
      expect(await here.signIn()).toEqual({ done: true });
      const online = async () => (await look()).users[0]?.client?.status?.server;
      await expect.poll(online, PATIENT).toBe('online');
      const value = async <T extends z.ZodType>(schema: T, command: ClientCommandRequest) => {
        const reply = await here.askClient(command);
        if (!reply.ok) throw new Error(`${command.command}: ${reply.code}`);
        return schema.parse(reply.value);
      };
      const { code } = await issueCode(administration(), EMPLOYEE_CODE);
      expect(await here.askClient({ command: 'link', code })).toMatchObject({ ok: true });
      const started = await value(enrolmentStarted, { command: 'start-enrolment', proof: null });
      secret = started.secret;
      const { credential } = started;
      const confirmed = await value(enrolmentConfirmed, {
        command: 'confirm-enrolment',
        credential,
        code: here.code(),
      });
      await expect.poll(here.enforcement, PATIENT).toBe('rehearsal-due');
      return confirmed.recoveryCodes;
    },
    /** Enrols, rehearses and signs in once by the tile; then locks. @returns the recovery codes. */
    async enforce(): Promise<string[]> {
      const recoveryCodes = await here.enrol();
      expect(await here.rehearse({ code: await here.freshCode() })).toEqual({ done: true });
      await act({ type: 'lock' });
      expect(await here.signIn({ code: await here.freshCode() })).toEqual({ done: true });
      await expect.poll(here.enforcement, PATIENT).toBe('enforced');
      await act({ type: 'lock' });
      return recoveryCodes;
    },
  };
  return here;
}
