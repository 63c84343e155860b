import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { type PublicKey, publicKey } from '../../../contract/device.ts';
import { releasedSecret, secretRequest } from '../../../contract/logon.ts';
import { releaseSecret } from '../../logon/release.ts';
import { grantedOrRefuse, identifyDevice, keepFromCaches, signedDevice } from '../callers.ts';
import { deviceById } from '../devices/devices.ts';
import { toInstant } from '../instant.ts';
import { problemResponses } from '../problems.ts';
import { Refusal } from '../refusal.ts';
import type { Services } from '../services.ts';
import { readPublicKey } from '../signatures/keys.ts';

export const vaultRoutes =
  (services: Services): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/device/otp-secret',
      {
        schema: {
          summary: 'Releases the OTP secret of an account linked on the device, encrypted to it; signed',
          body: secretRequest,
          response: { 200: releasedSecret, ...problemResponses },
        },
        onRequest: (request) => identifyDevice(services, request),
      },
      async (request, reply) => {
        const { device: id } = await signedDevice(services, request);
        keepFromCaches(reply);
        const device = await deviceById(services.store, id);
        const recipient = request.body.agreementKey ?? publicKey.parse(JSON.parse(device.public_key));
        const asking = { ...device, publicKey: onTheCurve(recipient) };
        const released = await releaseSecret(services, asking, request.body, request.arrivedAtMs);
        return { ...grantedOrRefuse(released), serverTime: toInstant(services.clock.now()) };
      },
    );
  };

/** A point that is not on the curve would give something away about the key it is multiplied with. */
function onTheCurve(key: PublicKey): PublicKey {
  if (!readPublicKey(key)) throw new Refusal('invalid-request', '/agreementKey: not a P-256 key');
  return key;
}
