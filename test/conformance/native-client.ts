import { connect } from 'node:net';
import { BridgeClient } from './bridge-client.ts';

/** A client that has said hello. */
export async function openClient(pipe: string): Promise<BridgeClient> {
  const socket = await new Promise<ReturnType<typeof connect>>((resolve, reject) => {
    const opened = connect(pipe, () => resolve(opened));
    opened.once('error', reject);
  });
  const client = new BridgeClient(socket);
  await client.hello();
  return client;
}
