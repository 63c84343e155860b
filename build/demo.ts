/**
 * The main job on one machine: server, KING OF TIME sandbox and a virtual PC, with a small demo company. Used by `npm start` and by the
 * end-to-end tests.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SANDBOX_TOKEN } from '../sandbox/king-of-time/state.ts';
import { issueToken } from '../server/administration/access-tokens.ts';
import { setAttendanceService } from '../server/administration/attendance-service.ts';
import { readCompanyFile } from '../server/administration/company-file.ts';
import { importCompany } from '../server/administration/import-company.ts';
import { linkAccount } from '../server/administration/link.ts';
import { type LogonAdministration, sendAccountMail } from '../server/administration/logon-accounts.ts';
import { setGroupMethods } from '../server/administration/logon-rules.ts';
import type { GroupMethods } from '../server/logon/logon-settings.ts';
import { openStateDirectory } from '../server/secrets/state-directory.ts';
import { openStore } from '../server/store/store.ts';
import { freePort } from './ports.ts';
import { endProcess, type Running, root, startProcess } from './processes.ts';

/** A Windows account of the demo PC and the employee it belongs to, who has linked it already or is to do so by the account mail. */
interface DemoAccount {
  sid: string;
  domain: string;
  name: string;
  displayName: string;
  password: string;
  employeeCode: string;
  linked: boolean;
}

export interface Demo {
  /** Addresses of the pages. */
  virtualPc: string;
  kingOfTime: string;
  server: string;
  mailBox: string;
  /** Resolves with a sentence when one of the parts ended by itself. */
  broken: Promise<string>;
  /** Ends all parts, the ones that lose work last. */
  stop(): Promise<void>;
}

const companyFile = path.join(root, 'sandbox/demo/company.json');
const accountsFile = path.join(root, 'sandbox/demo/accounts.json');
const groupMethodsFile = path.join(root, 'sandbox/demo/group-methods.json');
const PC_NAME = 'DEMO-PC-01';
const DEVICE_LIMIT = 10;
const MAIL_FROM = 'systemlog@demo.example';
/** Who does all this, for the audit. */
const SET_UP_BY = 'demo';
const loopback = (port: string) => `http://127.0.0.1:${port}`;

/**
 * Starts everything and resolves when a person could begin: the PC is registered and its accounts are linked.
 *
 * @param stateDirectory kept between runs; created when missing.
 * @param firstPort ports are taken from here on, the next free ones.
 * @param outDelayMs how long a 退勤 that is sent at once waits for a later one.
 * @param onLine what the parts say in their logs, with the part's name before it.
 */
export async function startDemo({
  stateDirectory,
  firstPort,
  outDelayMs,
  onLine,
}: {
  stateDirectory: string;
  firstPort: number;
  outDelayMs: number;
  onLine: (line: string) => void;
}): Promise<Demo> {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const inState = (name: string) => path.join(stateDirectory, name);
  const parts: Running[] = [];
  const start = async (name: string, file: string, args: string[]) => {
    parts.push(await startProcess(name, file, args, (line) => onLine(`${name}: ${line}`)));
  };
  // The PC goes first, so that its last events still find a server; the service that must know them goes last.
  const stop = async () => {
    for (const part of parts.toReversed()) await endProcess(part);
  };

  try {
    const ports: number[] = [];
    const portFor = async (offset: number): Promise<string> => {
      const port = await freePort(firstPort + offset, ports);
      ports.push(port);
      return String(port);
    };
    const serverPort = await portFor(0);
    const kingOfTimePort = await portFor(1);
    const virtualPcPort = await portFor(2);
    const mailBoxPort = await portFor(3);
    const smtpPort = await portFor(4);
    const [serverUrl, kingOfTime] = [loopback(serverPort), loopback(kingOfTimePort)];

    await start('king-of-time', 'sandbox/king-of-time/main.ts', [
      '--port',
      kingOfTimePort,
      '--seed',
      companyFile,
      '--state',
      inState('king-of-time.json'),
    ]);
    await start('mail-box', 'sandbox/mail-box/main.ts', ['--port', mailBoxPort, '--smtp-port', smtpPort]);
    const setup = await openServerState(inState('server'));
    const accessToken = await setup.company(`${kingOfTime}/v1.0`, inState('access-token'));
    await start('server', 'server/main.ts', [
      '--state',
      inState('server'),
      '--port',
      serverPort,
      '--origin',
      serverUrl,
      '--out-delay-ms',
      String(outDelayMs),
      '--smtp',
      `smtp://127.0.0.1:${smtpPort}`,
      '--mail-from',
      MAIL_FROM,
    ]);
    await start('virtual-pc', 'sandbox/virtual-pc/main.ts', [
      '--state',
      inState('virtual-pc'),
      '--port',
      virtualPcPort,
      '--server',
      serverUrl,
      '--company',
      demoCompany().company.code,
      '--token',
      accessToken,
      '--users',
      accountsFile,
      '--name',
      PC_NAME,
      // Where the demo company sits, wherever the demo runs.
      '--time-zone',
      'Asia/Tokyo',
    ]);
    await setup.admitEmployees();
    await setup.close();
    const broken = Promise.race(
      parts.map(({ name, ended }) => ended.then((how) => `${name} ended by itself (${how})`)),
    );
    return {
      virtualPc: loopback(virtualPcPort),
      kingOfTime,
      server: serverUrl,
      mailBox: loopback(mailBoxPort),
      broken,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const demoCompany = () => readCompanyFile(readFileSync(companyFile, 'utf8'));
const demoAccounts = () => JSON.parse(readFileSync(accountsFile, 'utf8')) as DemoAccount[];
const demoGroupMethods = () =>
  Object.entries(JSON.parse(readFileSync(groupMethodsFile, 'utf8')) as Record<string, GroupMethods>);

/** What an administrator would do once, done on the server's store. Each step may be repeated. */
async function openServerState(directory: string) {
  const { storeFile, secrets } = await openStateDirectory(directory, process.env);
  const store = await openStore(storeFile);
  let companyId = '';
  return {
    close: () => store.destroy(),

    /** @returns the access token the PC registers with, the same at every start. */
    async company(attendanceUrl: string, tokenFile: string): Promise<string> {
      companyId = (await importCompany(store, demoCompany(), Date.now())).id;
      await setAttendanceService(store, secrets, {
        company: companyId,
        url: attendanceUrl,
        token: SANDBOX_TOKEN,
        forwardFrom: null,
      });
      if (existsSync(tokenFile)) return readFileSync(tokenFile, 'utf8');
      const terms = { role: 'client', deviceLimit: DEVICE_LIMIT, expiresAtMs: null } as const;
      const { token } = await issueToken(store, companyId, terms);
      writeFileSync(tokenFile, token, { mode: 0o600 });
      return token;
    },

    /**
     * Waits for the PC to register, links the accounts of those who work there already, and sends the others their account mail: anew
     * at every start, as the mail box is empty again.
     */
    async admitEmployees(): Promise<void> {
      const device = await registeredDevice();
      for (const [group, methods] of demoGroupMethods()) await setGroupMethods(work(), group, methods);
      for (const { sid, employeeCode, linked } of demoAccounts()) {
        if (linked) {
          await linkAccount(store, { company: companyId, device, sid, employeeCode, atMs: Date.now() });
        } else if (!(await isLinked(device, sid))) {
          await sendAccountMail(work(), employeeCode);
        }
      }
    },
  };

  function work(): LogonAdministration {
    return { store, secrets, company: companyId, by: SET_UP_BY, atMs: Date.now() };
  }

  async function isLinked(device: string, sid: string): Promise<boolean> {
    const link = await store
      .selectFrom('links')
      .select('employee')
      .where('company', '=', companyId)
      .where('device', '=', device)
      .where('sid', '=', sid)
      .executeTakeFirst();
    return link !== undefined;
  }

  async function registeredDevice(): Promise<string> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const device = await store
        .selectFrom('devices')
        .select('id')
        .where('company', '=', companyId)
        .where('name', '=', PC_NAME)
        .where('retired_at', 'is', null)
        .orderBy('registered_at', 'desc')
        .executeTakeFirst();
      if (device) return device.id;
      await delay(100);
    }
    throw new Error('The virtual PC did not register with the server within ten seconds');
  }
}
