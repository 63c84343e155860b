/**
 * The virtual PC's bridge in a process of its own on Windows: `bridge.ts DIRECTORY PIPE SERVER-AS-JSON`. It records events without end
 * until a line comes on its standard input, and reports nothing by itself. Standard output, a line each: `will ID` before an event is
 * recorded, `did ID` once it is on the disk, `state ACKNOWLEDGED RECEIVED HEAD` when somebody made progress.
 */
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { v7 as uuidV7 } from 'uuid';
import { account, eventId } from '../../../contract/ids.ts';
import { Bridge } from '../../../sandbox/virtual-pc/bridge/bridge.ts';
import type { BridgeState } from '../../../sandbox/virtual-pc/bridge/hardware-messages.ts';
import { quietBridge } from '../../faults/quiet-bridge.ts';
import type { CheckServer } from '../server.ts';
import { windowsFiles } from './windows-files.ts';

const [directory = '', pipe = '', given = ''] = process.argv.slice(2);
const server = JSON.parse(given) as CheckServer;
const REGISTER_TRIES = 10;
/** Between two events, at most, in milliseconds. */
const EVENT_MS = 20;

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};
const sayState = ({ acknowledged, receivedThrough, headSequence }: BridgeState): void => {
  const furthest = Math.max(0, ...Object.values(acknowledged));
  say(`state ${furthest} ${receivedThrough} ${headSequence}`);
};

const session = {
  session: 'taro-1',
  account: account.parse({ sid: 'S-1-5-21-1-2-3-1001', domain: 'PC-01', name: '田中 太郎' }),
  path: pipe,
};
const bridge = await Bridge.start(
  quietBridge({
    directory,
    server,
    session,
    files: windowsFiles,
    onState: sayState,
    onFailure: (error) => say(`failure ${String(error)}`),
  }),
);

// Registers the device, the first time; answers get lost. What was recorded before goes along, what comes after is the client's.
for (let tries = 0; !bridge.state.registered && tries < REGISTER_TRIES; tries++) await bridge.reportNow();
if (!bridge.state.registered)
  throw new Error(`The device could not be registered: ${bridge.state.lastProblem}`);
sayState(bridge.state);

let recording = true;
process.stdin
  .once('data', () => {
    recording = false;
  })
  // Whoever started us is gone.
  .once('end', () => process.exit());
while (recording) {
  const id = eventId.parse(uuidV7());
  say(`will ${id}`);
  await bridge.signal({
    id,
    kind: Math.random() < 0.5 ? 'lock' : 'unlock',
    session,
    initiator: 'user',
    reason: null,
    authMethod: null,
  });
  say(`did ${id}`);
  await pause(Math.random() * EVENT_MS);
}
