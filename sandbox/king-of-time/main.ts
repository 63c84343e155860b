import { parseArgs } from 'node:util';
import { demoCompanyFile, readDemoCompany } from './demo-company.ts';
import { createKingOfTime } from './king-of-time.ts';
import { SANDBOX_TOKEN } from './state.ts';
import { stateFile } from './state-file.ts';

/** `main.ts --port 4010 [--state FILE] [--seed FILE]`: the stand-in on the loopback address. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4010' },
    state: { type: 'string' },
    seed: { type: 'string' },
  },
});

const { app } = createKingOfTime({
  clock: { now: () => Date.now() },
  seed: readDemoCompany(values.seed ?? demoCompanyFile),
  ...(values.state !== undefined && { file: stateFile(values.state) }),
});
const address = await app.listen({ host: '127.0.0.1', port: Number(values.port) });
console.log(`KING OF TIME (sandbox): ${address}/   API: ${address}/v1.0   token: ${SANDBOX_TOKEN}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void app.close().then(() => process.exit(0)));
}
