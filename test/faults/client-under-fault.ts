/** The client as a process that ends itself, by SIGKILL, when it comes to a step. */
import net from 'node:net';
import { parseArgs } from 'node:util';
import { createClient } from '../../app/client.ts';
import { createHttp } from '../../app/http.ts';

const { values } = parseArgs({
  options: {
    bridge: { type: 'string', default: '' },
    database: { type: 'string', default: '' },
    'kill-at': { type: 'string' },
  },
});

const client = createClient({
  connectBridge: () => net.connect(values.bridge),
  databaseFile: values.database,
  fetch: createHttp().fetch,
  name: 'faults',
  version: '0.0.0',
  onStep: (step) => {
    if (step === values['kill-at']) process.kill(process.pid, 'SIGKILL');
  },
});
client.start();
process.stdout.write('started\n');
