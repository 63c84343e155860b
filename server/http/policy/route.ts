import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { devicePolicy, logonReport, logonReportAnswer, policyVersion } from '../../../contract/logon.ts';
import { policyOf } from '../../logon/policy.ts';
import { takeReport } from '../../logon/report.ts';
import { identifyDevice, keepFromCaches, signedDevice } from '../callers.ts';
import { toInstant } from '../instant.ts';
import { problemResponses } from '../problems.ts';
import type { Services } from '../services.ts';

/** A report may hold every account of a shared PC. */
const REPORT_LIMIT_BYTES = 512 * 1024;

export const policyRoutes =
  (services: Services): FastifyPluginAsyncZod =>
  async (app) => {
    const { store, clock } = services;

    app.get(
      '/v1/device/policy',
      {
        schema: {
          summary: 'Who may log on to the device and how; signed',
          querystring: z.object({ version: policyVersion.optional() }),
          response: { 200: devicePolicy, ...problemResponses },
        },
        onRequest: (request) => identifyDevice(services, request),
      },
      async (request, reply) => {
        const device = await signedDevice(services, request);
        keepFromCaches(reply);
        const policy = await policyOf(store, device);
        const serverTime = toInstant(clock.now());
        if (policy.version === request.query.version) {
          return { status: 'unchanged' as const, version: policy.version, serverTime };
        }
        return { status: 'current' as const, ...policy, serverTime };
      },
    );

    app.post(
      '/v1/device/logon-report',
      {
        bodyLimit: REPORT_LIMIT_BYTES,
        schema: {
          summary: 'Takes used codes and the standing of accounts from the logon screen; signed',
          body: logonReport,
          response: { 200: logonReportAnswer, ...problemResponses },
        },
        onRequest: (request) => identifyDevice(services, request),
      },
      async (request, reply) => {
        const device = await signedDevice(services, request);
        keepFromCaches(reply);
        await takeReport(services, device, request.body, request.arrivedAtMs);
        const { version } = await policyOf(store, device);
        return { policyVersion: version, serverTime: toInstant(clock.now()) };
      },
    );
  };
