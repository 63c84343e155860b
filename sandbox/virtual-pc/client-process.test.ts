import { expect, onTestFinished, test } from 'vitest';
import { HeldTime } from './bridge/bridge.test-support.ts';
import { ClientProcess, type ClientProcessOptions } from './client-process.ts';

const STANDING = { command: 'logon-standing' } as const;
const NO_CLIENT = { ok: false, code: 'no-client', retryAfterMs: null };

/** A client that does with each line it is told what `script` says: `line` is the text, `say(object)` answers. */
function clientThat(script: string, more: Partial<ClientProcessOptions> = {}) {
  const program = `
    const say = (object) => console.log(JSON.stringify(object));
    require('node:readline').createInterface({ input: process.stdin })
      .on('line', (text) => { const line = JSON.parse(text); ${script} })
      .on('close', () => process.exit());`;
  const client = new ClientProcess({
    command: () => ({ file: process.execPath, arguments: ['-e', program] }),
    start: { bridgePath: '', databaseFile: '', proxyUrl: '' },
    log: 2,
    onChange: () => undefined,
    ...more,
  });
  onTestFinished(() => client.kill());
  return client;
}

test('each answer finds its command, whatever their order', async () => {
  const client = clientThat(`
    (globalThis.lines ??= []).push(line);
    if (lines.length === 2) for (const { id, code } of lines.reverse()) say({ reply: id, ok: true, value: code });`);
  const asked = ['first', 'second'].map((code) => client.request({ command: 'link', code }));
  expect(await Promise.all(asked)).toEqual([
    { ok: true, value: 'first' },
    { ok: true, value: 'second' },
  ]);
});

test('a refusal comes as the client said it', async () => {
  const refusal = { ok: false, code: 'otp-wrong', retryAfterMs: 30_000 };
  const client = clientThat(`say({ reply: line.id, ...${JSON.stringify(refusal)} });`);
  expect(await client.request(STANDING)).toEqual(refusal);
});

test('a command is told as it is, with an id', async () => {
  const client = clientThat('say({ reply: line.id, ok: true, value: line });');
  const command = { command: 'start-enrolment', proof: { kind: 'otp', code: '123456' } } as const;
  expect(await client.request(command)).toEqual({ ok: true, value: { id: 1, ...command } });
});

test('a client that ends before it answers is no client any more', async () => {
  const client = clientThat('process.exit(1);');
  expect(await client.request(STANDING)).toEqual(NO_CLIENT);
  expect(client.running).toBe(false);
  expect(await client.request(STANDING)).toEqual(NO_CLIENT);
});

test('so is one that is killed, and one that cannot be started', async () => {
  const client = clientThat('');
  const asked = client.request(STANDING);
  await client.kill();
  expect(await asked).toEqual(NO_CLIENT);
  const nowhere = () => ({ file: '/nowhere/client', arguments: [] });
  expect(await clientThat('', { command: nowhere }).request(STANDING)).toEqual(NO_CLIENT);
});

test('waits half a minute for an answer; one that cannot be read, or comes later, is none', async () => {
  const time = new HeldTime();
  const client = clientThat(
    `if (line.id === 1) { console.log('{"reply": 1'); say({ reply: 1, ok: 'perhaps' }); say({ reply: 99, ok: true }); }
     if (line.id === 3) say({ reply: 1, ok: true, value: 'late' });
     if (line.id > 1) say({ reply: line.id, ok: true, value: null });`,
    { timers: time },
  );
  const done = { ok: true, value: null };
  const unanswered = client.request(STANDING);
  // A second command goes there and back: whatever the client said of the first has been read by then.
  expect(await client.request(STANDING)).toEqual(done);
  time.pass(29_999);
  expect(time.waiting).toBe(1);
  time.pass(1);
  expect(await unanswered).toEqual({ ok: false, code: 'timed-out', retryAfterMs: null });
  expect(await client.request(STANDING)).toEqual(done);
  expect(time.waiting).toBe(0);
});
