import { z } from 'zod';
import { account, companyCode, deviceId, instant } from '../../contract/ids.ts';
import { me } from '../../contract/me.ts';
import { setAsideFile } from '../queue/open.ts';

/** Everything the tray shows about the client, as plain JSON. */
export const clientStatus = z.object({
  bridge: z.object({
    state: z.enum(['connecting', 'connected', 'incompatible']),
    /** Why there is no connection, in a code of app/bridge/errors.ts; null while connected or before the first try. */
    problem: z.string().nullable(),
  }),
  /** Whose session this is and on which device; null until the bridge said so once. */
  account: account.nullable(),
  device: deviceId.nullable(),
  /** Null until the device is registered. */
  registration: z.object({ server: z.url(), company: companyCode }).nullable(),
  server: z.object({
    /**
     * - `waiting`: not tried yet, told to come back later, or nothing to ask with while the bridge is away;
     * - `online`: the last exchange worked;
     * - `offline`: the server is out of reach; events are kept and sent later;
     * - `needs-you`: trying again alone will not help: somebody has to register the device, set the proxy's password or put the
     *   clock right.
     */
    state: z.enum(['waiting', 'online', 'offline', 'needs-you']),
    /** What went wrong last and when; null when the last exchange worked. */
    problem: z.object({ code: z.string(), at: instant }).nullable(),
    lastSuccessAt: instant.nullable(),
    /** When the next attempt is planned after a failure. */
    nextAttemptAt: instant.nullable(),
  }),
  queue: z.object({
    /** What is wrong with the queue's file now (app/queue/errors.ts); null when it works. */
    problem: z.string().nullable(),
    waiting: z.number().int().nonnegative(),
    refused: z.number().int().nonnegative(),
    oldestWaitingAt: instant.nullable(),
    /** The last file that was put away, and a new one begun. */
    setAside: setAsideFile.extend({ at: instant }).nullable(),
    /** When the bridge knew of more than the queue still had. What was missing was read again. */
    fellBackAt: instant.nullable(),
  }),
  /** The day as the server sees it, and when that was asked; null until it answered once. */
  today: z.object({ me, askedAt: instant }).nullable(),
});
export type ClientStatus = z.infer<typeof clientStatus>;

export const initialStatus: ClientStatus = {
  bridge: { state: 'connecting', problem: null },
  account: null,
  device: null,
  registration: null,
  server: { state: 'waiting', problem: null, lastSuccessAt: null, nextAttemptAt: null },
  queue: {
    problem: null,
    waiting: 0,
    refused: 0,
    oldestWaitingAt: null,
    setAside: null,
    fellBackAt: null,
  },
  today: null,
};
