import type { KeyObject } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Reporter } from '../../logs/types.ts';
import { deviceById, noteSeen, refuseRetired } from '../devices/devices.ts';
import { onlyHeader } from '../headers.ts';
import type { FreshNonce } from '../nonces/nonces.ts';
import { Refusal } from '../refusal.ts';
import type { Services } from '../services.ts';
import { sessionOf } from '../sessions/sessions.ts';
import { storedPublicKey } from '../signatures/keys.ts';
import { checkSignature, looksSigned, readSignatureHead } from '../signatures/request-signature.ts';

/** Who uploads, and in which of the two ways. */
export type Caller =
  | { way: 'client'; reporter: Reporter }
  | { way: 'device'; reporter: Reporter; key: KeyObject; nonce: FreshNonce };

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

export function decorateWithCaller(app: FastifyInstance): void {
  app.decorateRequest('caller', null);
}

/**
 * Finds out who uploads from the headers alone, before a byte of the body is taken in. Of a signed request the body is still
 * to be compared with its digest, and the nonce to be burned.
 *
 * @throws Refusal when it is nobody we know; `invalid-request` when it claims to be two at once.
 */
export async function identify(services: Services, request: FastifyRequest): Promise<Caller> {
  const authorization = onlyHeader(request, 'authorization');
  const signed = looksSigned(request);
  if (signed && authorization !== undefined) {
    throw new Refusal('invalid-request', 'Either a bearer token or a signature, not both');
  }
  return signed ? deviceCaller(services, request) : clientCaller(services, request, authorization);
}

async function clientCaller(
  { store }: Services,
  request: FastifyRequest,
  authorization: string | undefined,
): Promise<Caller> {
  const { session, device } = await sessionOf(store, authorization, request.arrivedAtMs);
  return {
    way: 'client',
    reporter: {
      company: session.company,
      device: device.id,
      role: device.role,
      way: 'client',
      sid: session.sid,
      ip: request.ip,
      clientVersion: session.client_version,
    },
  };
}

async function deviceCaller(services: Services, request: FastifyRequest): Promise<Caller> {
  const head = readSignatureHead(services, request);
  const device = await deviceById(services.store, head.keyId);
  const key = storedPublicKey(device.public_key);
  checkSignature(services, request, head, key);
  refuseRetired(device);
  request.signatureHead = head;
  await noteSeen(services.store, device, request.arrivedAtMs);
  return {
    way: 'device',
    key,
    nonce: head.nonce,
    reporter: {
      company: device.company,
      device: device.id,
      role: device.role,
      way: 'device',
      sid: null,
      ip: request.ip,
      clientVersion: device.client_version,
    },
  };
}
