import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import {
  enrolmentConfirmation,
  enrolmentConfirmed,
  enrolmentRequest,
  enrolmentStarted,
  recoveryCodesRequest,
} from '../../../contract/logon.ts';
import { confirmEnrolment, renewRecoveryCodes } from '../../logon/confirm-enrolment.ts';
import { startEnrolment } from '../../logon/enrolment.ts';
import { accountOf, grantedOrRefuse, keepFromCaches } from '../callers.ts';
import { toInstant } from '../instant.ts';
import { problemResponses } from '../problems.ts';
import type { Services } from '../services.ts';

export const otpRoutes =
  (services: Services): FastifyPluginAsyncZod =>
  async (app) => {
    const serverTime = () => toInstant(services.clock.now());

    app.post(
      '/v1/otp/enrolments',
      {
        schema: {
          summary: 'Begins an OTP enrolment; the answer holds the secret',
          body: enrolmentRequest,
          response: { 200: enrolmentStarted, ...problemResponses },
        },
      },
      async (request, reply) => {
        const account = await accountOf(services, request);
        keepFromCaches(reply);
        const { proof } = request.body;
        const verdict = await startEnrolment(services, { account, proof, nowMs: request.arrivedAtMs });
        const { expiresAtMs, ...started } = grantedOrRefuse(verdict);
        return { ...started, expiresAt: toInstant(expiresAtMs), serverTime: serverTime() };
      },
    );

    app.post(
      '/v1/otp/enrolments/confirm',
      {
        schema: {
          summary: 'Confirms an OTP enrolment by its first code; the answer holds the recovery codes',
          body: enrolmentConfirmation,
          response: { 200: enrolmentConfirmed, ...problemResponses },
        },
      },
      async (request, reply) => {
        const account = await accountOf(services, request);
        keepFromCaches(reply);
        const verdict = await confirmEnrolment(services, account, request.body, request.arrivedAtMs);
        return { ...grantedOrRefuse(verdict), serverTime: serverTime() };
      },
    );

    app.post(
      '/v1/otp/recovery-codes',
      {
        schema: {
          summary: 'Makes new recovery codes for a current code',
          body: recoveryCodesRequest,
          response: { 200: enrolmentConfirmed, ...problemResponses },
        },
      },
      async (request, reply) => {
        const account = await accountOf(services, request);
        keepFromCaches(reply);
        const { code } = request.body;
        const verdict = await renewRecoveryCodes(services, account, code, request.arrivedAtMs);
        return { ...grantedOrRefuse(verdict), serverTime: serverTime() };
      },
    );
  };
