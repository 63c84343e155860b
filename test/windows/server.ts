/** The real server, for checks in Windows Node: it runs here, in this machine's own Node, and they reach it over loopback. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { startServer } from '../faults/world.ts';

/** What a check is told of the server. */
export interface CheckServer {
  origin: string;
  companyCode: string;
  accessToken: string;
  /** Answers with the ids of all stored events of accounts, as JSON. */
  storedIds: string;
}

/** How many uploads lose their answer, after the server has stored them. */
const LOST_ANSWERS = 0.1;

/** Starts it. @param folder where it keeps its state. */
export async function startCheckServer(folder: string): Promise<CheckServer & { stop: () => Promise<void> }> {
  const server = await startServer(folder, () => Math.random() < LOST_ANSWERS);
  const ids = http.createServer((_, response) => {
    server.storedIds().then(
      (stored) => response.end(JSON.stringify(stored)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => ids.listen(0, '127.0.0.1', resolve));
  const { port } = ids.address() as AddressInfo;
  const { origin, companyCode, accessToken } = server;
  return {
    origin,
    companyCode,
    accessToken,
    storedIds: `http://127.0.0.1:${port}/`,
    async stop() {
      ids.closeAllConnections();
      ids.close();
      await server.stop();
    },
  };
}
