import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccountOnDevice } from '../logon/accounts.ts';
import type { Verdict } from '../logon/verdict.ts';
import { type Caller, identify } from './events/caller.ts';
import { onlyHeader } from './headers.ts';
import { burnNonce } from './nonces/nonces.ts';
import { Refusal } from './refusal.ts';
import type { Services } from './services.ts';
import { sessionOf } from './sessions/sessions.ts';

/**
 * The account a bearer token stands for. Nothing of it comes from the request itself.
 *
 * @throws Refusal as `sessionOf` does.
 */
export async function accountOf({ store }: Services, request: FastifyRequest): Promise<AccountOnDevice> {
  const { session } = await sessionOf(store, onlyHeader(request, 'authorization'), request.arrivedAtMs);
  const { company, device, sid } = session;
  return { company, device, sid };
}

/** For `onRequest` of a route that only devices may use. @throws Refusal as `identify` does, or `signature-missing`. */
export async function identifyDevice(services: Services, request: FastifyRequest): Promise<void> {
  const caller = await identify(services, request);
  if (caller.way !== 'device') throw new Refusal('signature-missing');
  request.caller = caller;
}

/**
 * The device whose signed request this is; its nonce is used up by it. To be called in the handler, when the body was found to
 * be the one that was signed.
 *
 * @throws Refusal `nonce-used`.
 */
export async function signedDevice(
  { store }: Services,
  request: FastifyRequest,
): Promise<Extract<Caller, { way: 'device' }>['reporter']> {
  const { caller } = request;
  if (caller?.way !== 'device') throw new Refusal('signature-missing');
  await burnNonce(store, caller.nonce);
  return caller.reporter;
}

/** What a verdict grants. @throws Refusal for one that does not. */
export function grantedOrRefuse<T>(verdict: Verdict<T>): T {
  if (verdict.ok) return verdict.value;
  const { problem, detail, waitMs } = verdict;
  throw new Refusal(problem, detail, waitMs === undefined ? undefined : Math.ceil(waitMs / 1000));
}

/** Answers of logon hold codes, secrets or what guards them: no cache keeps them. */
export const keepFromCaches = (reply: FastifyReply): void => void reply.header('cache-control', 'no-store');
