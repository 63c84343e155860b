/** What is said to the client without a window on stdin, and what it answers on stdout: JSON, one message a line. */
import { z } from 'zod';
import { credentialId, enrolmentProof, recoveryCodesRequest } from '../contract/logon.ts';
import type { Client } from './client.ts';
import type { Failure, Outcome } from './reporter/failure.ts';
import type { ClientStatus } from './status/status.ts';

const id = z.number().int().nonnegative();
const { code } = recoveryCodesRequest.shape;

/** Each is answered by one `reply` with its `id`, in whatever order they are done. */
export const headlessCommand = z.discriminatedUnion('command', [
  /** `Client.reportNow`. */
  z.object({ id, command: z.literal('report-now') }),
  /** These are the functions of `Logon`; their results are the `value` of the reply. */
  z.object({ id, command: z.literal('logon-state') }),
  z.object({ id, command: z.literal('logon-standing') }),
  z.object({ id, command: z.literal('link'), code }),
  z.object({ id, command: z.literal('start-enrolment'), proof: enrolmentProof.nullable() }),
  z.object({ id, command: z.literal('confirm-enrolment'), credential: credentialId, code }),
  z.object({ id, command: z.literal('new-recovery-codes'), code }),
  z.object({ id, command: z.literal('fetch-secret'), code: code.nullable() }),
  z.object({ id, command: z.literal('rehearse') }),
]);
export type HeadlessCommand = z.infer<typeof headlessCommand>;

/**
 * `code`: a problem of contract/problem.ts, a word for the server being out of reach (`UNREACHABLE_CODES`), `no-bridge` or what the bridge
 * refused with, or `malformed-command`. `reply` is null only for a malformed command without a readable id.
 */
export type HeadlessReply = { reply: number | null } & (
  | { ok: true; value: unknown }
  | { ok: false; code: string; retryAfterMs: number | null }
);

/** A line of stdout. */
export type HeadlessMessage = { status: ClientStatus } | HeadlessReply;

/** Does what a line of stdin asks for. A line that is no command is said to be none, and nothing else happens. */
export async function answerLine(
  client: Pick<Client, 'logon' | 'reportNow'>,
  line: string,
): Promise<HeadlessReply> {
  const content = parse(line);
  const command = headlessCommand.safeParse(content).data;
  if (command) return replyTo(command.id, await carryOut(client, command));
  const reply = readableId.safeParse(content).data?.id ?? null;
  return { reply, ok: false, code: 'malformed-command', retryAfterMs: null };
}

function carryOut(
  client: Pick<Client, 'logon' | 'reportNow'>,
  command: HeadlessCommand,
): Outcome<unknown> | Promise<Outcome<unknown>> {
  const { logon } = client;
  switch (command.command) {
    case 'report-now':
      client.reportNow();
      return { ok: true, value: null };
    case 'logon-state':
      return logon.state();
    case 'logon-standing':
      return logon.standing();
    case 'link':
      return logon.link(command.code);
    case 'start-enrolment':
      return logon.startEnrolment(command.proof);
    case 'confirm-enrolment':
      return logon.confirmEnrolment(command.credential, command.code);
    case 'new-recovery-codes':
      return logon.newRecoveryCodes(command.code);
    case 'fetch-secret':
      return logon.fetchSecret(command.code);
    case 'rehearse':
      return logon.rehearse();
  }
}

function replyTo(reply: number, outcome: Outcome<unknown>): HeadlessReply {
  if (outcome.ok) return { reply, ok: true, value: outcome.value };
  const { failure } = outcome;
  const retryAfterMs = failure.kind === 'refused' ? failure.retryAfterMs : null;
  return { reply, ok: false, code: codeOf(failure), retryAfterMs };
}

/** Codes of app/bridge/errors.ts that mean: there is no bridge to ask. `timed-out` would be taken for the server's. */
const NO_BRIDGE = ['closed', 'timed-out', 'malformed-answer'];

const codeOf = ({ kind, code }: Failure): string =>
  kind === 'bridge' && NO_BRIDGE.includes(code) ? 'no-bridge' : code;

const readableId = z.looseObject({ id });

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
