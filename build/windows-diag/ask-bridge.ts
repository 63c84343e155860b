import { BridgeConnection } from '../../app/bridge/connection.ts';
import { BridgeError } from '../../app/bridge/errors.ts';
import { bridgeOpener } from '../../app/bridge/open-pipe.ts';
import { systemSurroundings } from '../../app/surroundings.ts';
import { loadLogonCore } from '../../native/addon/index.ts';
import product from '../../package.json' with { type: 'json' };
import type { Answer } from './report.ts';

/** What the bridge says of itself and of the account that asks: registration, journal, how far the server has it, how the next sign-in stands. */
export async function askBridge(title: string, pipe: string): Promise<Answer> {
  const command = null;
  try {
    const text = JSON.stringify(await said(pipe), null, 2);
    return { title, command, text, problem: null };
  } catch (error) {
    const problem = error instanceof BridgeError ? `${error.code}: ${error.message}` : String(error);
    return { title, command, text: '', problem };
  }
}

async function said(path: string): Promise<object> {
  const connection = await BridgeConnection.open({
    pipe: await bridgeOpener({ path, loadCore: loadLogonCore })(),
    client: 'windows-diag',
    clientVersion: product.version,
    timers: systemSurroundings.timers,
    onJournal: () => undefined,
  });
  try {
    return {
      hello: { ...connection.hello, device: inGroups(connection.hello.device) },
      status: await connection.request('status', {}),
      standing: await connection.request('logon.standing', {}),
    };
  } finally {
    connection.close();
  }
}

/** The device's name is no secret, but in one piece it would be taken for one (redact.ts). */
const inGroups = (name: string): string => name.match(/.{1,8}/g)?.join(' ') ?? '';
