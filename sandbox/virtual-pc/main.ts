/**
 * The virtual PC as a process:
 *
 *   node sandbox/virtual-pc/main.ts --state DIR --port N --server ORIGIN --company CODE --token ACCESS_TOKEN
 *     --users FILE --name PC-NAME [--host ADDRESS] [--time-zone ZONE]
 *
 * FILE is JSON: `[{"sid", "domain", "name", "displayName", "password"}]`, with `"administrator": true` for one. Prints one line when it is ready. SIGTERM and SIGINT shut the PC down
 * in order; anything harder is a power cut, as on a real one.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { accessToken, companyCode, sid } from '../../contract/ids.ts';
import { createVirtualPc } from './virtual-pc.ts';

const text = { type: 'string' } as const;
const flags = z.object({
  state: z.string().min(1),
  port: z.coerce.number().int().min(0).max(65535),
  host: z.string().optional(),
  server: z.url(),
  company: companyCode,
  token: accessToken,
  users: z.string().min(1),
  name: z.string().min(1).max(256),
  'time-zone': z.string().optional(),
});
const users = z
  .array(
    z.object({
      sid,
      domain: z.string(),
      name: z.string().min(1),
      displayName: z.string().min(1),
      password: z.string().min(1),
      administrator: z.boolean().optional(),
    }),
  )
  .min(1);

const { values } = parseArgs({
  options: {
    state: text,
    port: text,
    host: text,
    server: text,
    company: text,
    token: text,
    users: text,
    name: text,
    'time-zone': text,
  },
});
const given = flags.safeParse(values);
if (!given.success) {
  process.stderr.write(`${z.prettifyError(given.error)}\n`);
  process.exit(2);
}
const { host, token, users: usersFile, 'time-zone': timeZone, ...rest } = given.data;
const virtualPc = await createVirtualPc({
  ...rest,
  accessToken: token,
  users: users.parse(JSON.parse(await readFile(usersFile, 'utf8'))),
  ...(host === undefined ? {} : { host }),
  ...(timeZone === undefined ? {} : { timeZone }),
});
process.stdout.write(`virtual PC ${rest.name} ready at ${virtualPc.url}\n`);

let ending = false;
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    if (ending) return;
    ending = true;
    void virtualPc.close().finally(() => process.exit(0));
  });
}
