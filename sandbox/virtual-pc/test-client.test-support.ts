/**
 * A client as small as can be, for the tests of the virtual PC: `node … --bridge PATH --database FILE --proxy URL`. It takes what the
 * bridge has, sends it with a ticket, carries the receipt back, and prints a status like the real one's.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ProxyAgent, request } from 'undici';
import { bridgeMessage, bridgeMethods } from '../../contract/bridge.ts';
import type { SealedEvent } from '../../contract/event.ts';
import { issuedNonce, sessionToken } from '../../contract/session.ts';
import { uploadAnswer } from '../../contract/upload.ts';

const { values } = parseArgs({
  options: { bridge: { type: 'string' }, database: { type: 'string' }, proxy: { type: 'string' } },
});
const dispatcher = new ProxyAgent({ uri: values.proxy ?? '', proxyTunnel: true });
const pipe = connect(values.bridge ?? '');
const asked = new Map<number, (result: unknown) => void>();
let lastId = 0;
let again = () => {};
let queue: SealedEvent[] = [];

process.stdin.resume().on('end', () => process.exit(0));
pipe.on('close', () => process.exit(0));
pipe.on('error', () => process.exit(0));
createInterface({ input: pipe }).on('line', (line) => {
  const message = bridgeMessage.parse(JSON.parse(line));
  if (message['notice']) again();
  else asked.get(Number(message['id']))?.(message['result']);
});

const ask = (method: keyof typeof bridgeMethods, params: object): Promise<unknown> =>
  new Promise((resolve) => {
    lastId += 1;
    asked.set(lastId, resolve);
    pipe.write(`${JSON.stringify({ id: lastId, method, params })}\n`);
  });

const post = async (url: URL, body: object, headers: Record<string, string> = {}): Promise<unknown> => {
  const answer = await request(url, { method: 'POST', body: JSON.stringify(body), headers, dispatcher });
  if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
  return answer.body.json();
};

const say = (state: string, waiting: number): void => {
  const at = new Date().toISOString();
  const problem = state === 'online' ? null : { code: 'unreachable', at };
  const server = { state, problem, lastSuccessAt: at };
  const queue = { waiting, refused: 0, problem: null };
  process.stdout.write(`${JSON.stringify({ status: { server, queue, today: null } })}\n`);
};

async function round(after: number): Promise<number> {
  const page = bridgeMethods['journal.read'].result.parse(
    await ask('journal.read', { journal: null, after, limit: 500 }),
  );
  queue.push(...page.records);
  await ask('journal.acknowledge', { journal: page.journal.id, through: page.through });
  const { registration } = bridgeMethods.hello.result.parse(
    await ask('hello', { versions: [1], client: 'test', clientVersion: '1' }),
  );
  if (!registration) throw new Error('not registered');
  const { server } = registration;
  const { nonce } = issuedNonce.parse(await post(new URL('/v1/nonces', server), {}));
  const statements = bridgeMethods.ticket.result.parse(await ask('ticket', { nonce }));
  const session = sessionToken.parse(
    await post(new URL('/v1/sessions', server), { ...statements, clientVersion: '1' }),
  );
  const { receipts } = uploadAnswer.parse(
    await post(
      new URL('/v1/events', server),
      { events: queue },
      { authorization: `Bearer ${session.token}` },
    ),
  );
  queue = [];
  for (const receipt of receipts) await ask('receipt', { receipt });
  return page.through;
}

await ask('hello', { versions: [1], client: 'test', clientVersion: '1' });
for (let after = 0; ; ) {
  const grew = new Promise<void>((resolve) => {
    again = resolve;
  });
  try {
    after = await round(after);
    say('online', 0);
    await grew;
  } catch {
    say('offline', 1);
    await Promise.race([grew, new Promise((resolve) => setTimeout(resolve, 200))]);
  }
}
