import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { type DeviceRegistration, deviceRegistered, deviceRegistration } from '../../../contract/device.ts';
import { toInstant } from '../instant.ts';
import { burnNonce } from '../nonces/nonces.ts';
import { problemResponses } from '../problems.ts';
import { Refusal } from '../refusal.ts';
import type { Services } from '../services.ts';
import { readPublicKey, thumbprint } from '../signatures/keys.ts';
import { checkSignature, readSignatureHead, type SignatureHead } from '../signatures/request-signature.ts';
import { createThrottle } from '../throttle.ts';
import { registerDevice } from './register.ts';

/** Company codes are short: whoever tries them out, or tokens, from one address is slowed down. */
const FAILURES_ALLOWED = 30;
const FAILURES_WINDOW_MS = 10 * 60_000;
const GUESSES: readonly string[] = ['unknown-company', 'access-token-unknown'];

export const deviceRoutes = (services: Services): FastifyPluginAsyncZod => {
  const { store, clock } = services;
  const throttle = createThrottle(clock, FAILURES_ALLOWED, FAILURES_WINDOW_MS);

  return async (app) => {
    app.post(
      '/v1/devices',
      {
        bodyLimit: 16 * 1024,
        schema: {
          summary: 'Registers a device; signed with the key it brings',
          body: deviceRegistration,
          response: { 200: deviceRegistered, ...problemResponses },
        },
        onRequest: async (request) => {
          const waitMs = throttle.waitMs(request.ip);
          if (waitMs > 0) throw new Refusal('too-many-requests', undefined, Math.ceil(waitMs / 1000));
          request.signatureHead = readSignatureHead(services, request);
        },
      },
      async (request) => {
        const head = request.signatureHead;
        if (!head) throw new Refusal('signature-missing');
        const device = thumbprint(request.body.publicKey);
        checkSignature(services, request, head, keyOf(request.body, head));
        await burnNonce(store, head.nonce);
        try {
          const { company, role } = await registerDevice(services, device, request.body, request.arrivedAtMs);
          request.log.info({ company: company.id, device, role }, 'Device registered');
          return {
            device,
            company: { code: company.code, name: company.name },
            role,
            serverTime: toInstant(clock.now()),
          };
        } catch (error) {
          if (error instanceof Refusal && GUESSES.includes(error.problem)) throttle.fail(request.ip);
          throw error;
        }
      },
    );
  };
};

/** The key of the body, which must be the one the signature names. */
function keyOf({ publicKey }: DeviceRegistration, head: SignatureHead) {
  const key = readPublicKey(publicKey);
  if (!key) throw new Refusal('invalid-request', '/publicKey: not a P-256 key');
  if (head.keyId !== thumbprint(publicKey)) {
    throw new Refusal('signature-invalid', 'keyid must be the thumbprint of the key in the body');
  }
  return key;
}
