import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { addEmployee } from '../administration/administration.test-support.ts';
import { issueCode, type LogonAdministration } from '../administration/logon-accounts.ts';
import { codeOf, DEFAULT_PARAMETERS, stepAt } from '../logon/otp.ts';
import { SID, startServer, type TestDevice, ticketOf } from './server.test-support.ts';

export { SID };
export const OTHER_SID = 'S-1-5-21-1-2-3-1002';

interface Answer {
  status: number;
  /** What a test looks into is what it checks. */
  body: Awaited<ReturnType<Response['json']>>;
  headers: Headers;
}

/** A server on a real socket with a company of two employees, and people and PCs that talk to it. */
export async function startLogonServer() {
  const server = await startServer();
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.app.close());
  const { port } = server.app.server.address() as AddressInfo;
  const company = await server.addCompany('abc');
  await addEmployee(server.store, company.id, 'taro', '1001');
  await addEmployee(server.store, company.id, 'hanako', '1002');
  await server.store
    .updateTable('employees')
    .set(({ ref, fn, val }) => ({ mail: fn('concat', [ref('id'), val('@example.jp')]) }))
    .execute();

  /** One request over a connection of its own. */
  async function call(method: string, path: string, body?: unknown, headers: object = {}): Promise<Answer> {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        connection: 'close',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json(), headers: answer.headers };
  }

  async function person(device: TestDevice, sid = SID, companyCode = company.code) {
    const ticket = device.state({ ...ticketOf(device, companyCode, await server.nonce()), sid });
    const session = await call('POST', '/v1/sessions', { ticket, clientVersion: '1' });
    const headers = { authorization: `Bearer ${session.body.token}` };
    return {
      get: (path: string) => call('GET', path, undefined, headers),
      post: (path: string, body: unknown) => call('POST', path, body, headers),
      link: (code: string) => call('POST', '/v1/links', { code }, headers),
    };
  }

  async function signed(device: TestDevice, method: string, url: string, body?: unknown) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = device.sign(await server.nonce(), { method, url, body: text });
    return call(method, url, body === undefined ? undefined : text, headers);
  }

  const work = (): LogonAdministration => ({
    store: server.store,
    secrets: server.options.secrets,
    company: company.id,
    by: 'admin',
    atMs: server.clock.nowMs,
  });
  const codeFor = async (employeeCode: string) => (await issueCode(work(), employeeCode)).code;
  const pass = (ms: number) => {
    server.clock.nowMs += ms;
  };
  /** The code an authenticator shows now, or so many steps from now. */
  const otpNow = (secret: Uint8Array, steps = 0) =>
    codeOf(secret, stepAt(server.clock.nowMs, DEFAULT_PARAMETERS) + steps, DEFAULT_PARAMETERS);

  /** Links and enrols an account, and lets the code it used pass. */
  async function enrolled(device: TestDevice, sid = SID, employeeCode = '1001') {
    const someone = await person(device, sid);
    await someone.link(await codeFor(employeeCode));
    const secret = await enrol(someone);
    return { ...someone, ...secret };
  }

  async function enrol(someone: Awaited<ReturnType<typeof person>>, proof?: { kind: string; code: string }) {
    const started = await someone.post('/v1/otp/enrolments', { proof });
    if (started.status !== 200) throw new Error(`Not started: ${JSON.stringify(started.body)}`);
    const secret = fromBase32(started.body.secret);
    const { credential } = started.body;
    const code = otpNow(secret);
    const confirmed = await someone.post('/v1/otp/enrolments/confirm', { credential, code });
    if (confirmed.status !== 200) throw new Error(`Not confirmed: ${JSON.stringify(confirmed.body)}`);
    pass(60_000);
    return {
      secret,
      credential: String(credential),
      recoveryCodes: confirmed.body.recoveryCodes as string[],
    };
  }

  const mails = () =>
    server.store
      .selectFrom('mails')
      .select(['event_key', 'template', 'recipient'])
      .orderBy('created_at')
      .execute();
  const audited = async () =>
    (await server.store.selectFrom('audit').select('action').orderBy('id').execute()).map((a) => a.action);
  return {
    ...server,
    company,
    call,
    person,
    signed,
    work,
    codeFor,
    pass,
    otpNow,
    enrolled,
    enrol,
    mails,
    audited,
  };
}
export type LogonServer = Awaited<ReturnType<typeof startLogonServer>>;

export const codesOf = (answers: readonly Answer[]): unknown[] => answers.map(({ body }) => body.code);

/** RFC 4648 §6, written apart from what is tested. */
export function fromBase32(text: string): Uint8Array {
  const bits = [...text]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}
