import { z } from 'zod';
import { bridgeMethods } from '../../../contract/bridge.ts';
import { enrolmentConfirmed, enrolmentStarted, linkAnswer, logonState } from '../../../contract/logon.ts';
import {
  type ClientCommandRequest,
  type ClientReply,
  clientReply,
  emergencyChallenge,
  type Tile,
  tile,
} from '../tile-messages.ts';

/** What the tray app answered, read. `code`: of contract/problem.ts, or its own word for not having got through. */
export type Answer<T> = { ok: true; value: T } | Refused;
export type Refused = Extract<ClientReply, { ok: false }>;

const asked = async (path: string, body: object): Promise<unknown> => {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
};

/** What the tile of a user is to ask now; null when the PC cannot be heard. */
export async function askTile(sid: string, rehearsal: boolean): Promise<Tile | null> {
  try {
    return tile.safeParse(await asked('/api/tile', { sid, rehearsal })).data ?? null;
  } catch {
    return null;
  }
}

/** A new challenge for the administrator to answer; null when there is none to be had. */
export async function askEmergencyChallenge(sid: string): Promise<string | null> {
  try {
    return emergencyChallenge.safeParse(await asked('/api/tile/emergency', { sid })).data?.challenge ?? null;
  } catch {
    return null;
  }
}

const byCommand = {
  'logon-state': logonState,
  'logon-standing': bridgeMethods['logon.standing'].result,
  link: linkAnswer,
  'start-enrolment': enrolmentStarted,
  'confirm-enrolment': enrolmentConfirmed,
  'new-recovery-codes': enrolmentConfirmed,
  'fetch-secret': bridgeMethods['logon.fetch-secret'].result,
} as const;
type Command = keyof typeof byCommand;
type Values = { [C in Command]: z.infer<(typeof byCommand)[C]> };
const schemas: { [C in Command]: z.ZodType<Values[C]> } = byCommand;

/** Has the tray app of the session on the monitor do something. */
export async function askClient<C extends Command>(
  request: { command: C } & Extract<ClientCommandRequest, { command: C }>,
): Promise<Answer<Values[C]>> {
  try {
    const reply = clientReply.parse(await asked('/api/client', request));
    return reply.ok ? { ok: true, value: schemas[request.command].parse(reply.value) } : reply;
  } catch (error) {
    const code = error instanceof z.ZodError ? 'unfit-answer' : 'no-client';
    return { ok: false, code, retryAfterMs: null };
  }
}
