import type { FastifyBaseLogger } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { sessionRequest, sessionToken } from '../../../contract/session.ts';
import type { SignedStatement, TicketStatement } from '../../../contract/statement.ts';
import { ticketStatement } from '../../../contract/statement.ts';
import type { AnsweredAnchor } from '../../logs/types.ts';
import { type Device, deviceById, noteSeen, refuseRetired } from '../devices/devices.ts';
import { toInstant } from '../instant.ts';
import { burnNonce, freshNonce } from '../nonces/nonces.ts';
import { problemResponses } from '../problems.ts';
import { Refusal } from '../refusal.ts';
import type { Services } from '../services.ts';
import { storedPublicKey } from '../signatures/keys.ts';
import { type AnchorFrame, judgeAnchor, readStatement, statementVerifies } from '../signatures/statement.ts';
import { openSession } from './sessions.ts';

export const sessionRoutes =
  (services: Services): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/sessions',
      {
        bodyLimit: 32 * 1024,
        schema: {
          summary: 'Exchanges a ticket for a bearer token',
          body: sessionRequest,
          response: { 200: sessionToken, ...problemResponses },
        },
      },
      async (request, reply) => {
        const { store, clock, nonces, recordAnchor } = services;
        const { ticket: signedTicket, anchor: signedAnchor, clientVersion } = request.body;

        const ticket = readTicket(signedTicket, services.origin);
        const nonce = freshNonce(nonces, ticket.nonce, request.arrivedAtMs);
        const device = await deviceById(store, ticket.device);
        const key = storedPublicKey(device.public_key);
        if (!statementVerifies(key, signedTicket)) throw new Refusal('ticket-invalid');
        await refuseOtherCompany(services, device, ticket);
        refuseRetired(device);
        const { arrivedAtMs } = request;
        const frame = { origin: services.origin, device: device.id, key, nonce, arrivedAtMs };
        const anchor = signedAnchor ? ticketAnchor(signedAnchor, frame, request.log) : null;

        await burnNonce(store, nonce);
        if (anchor) await recordAnchor(device.company, anchor);
        const session = { sid: ticket.sid, clientVersion, atMs: arrivedAtMs };
        const { token, expiresAtMs } = await openSession(store, device, session);
        await noteSeen(store, device, arrivedAtMs, clientVersion);
        void reply.header('cache-control', 'no-store');
        return { token, expiresAt: toInstant(expiresAtMs), serverTime: toInstant(clock.now()) };
      },
    );
  };

function readTicket(signed: SignedStatement, origin: string): TicketStatement {
  const ticket = readStatement(ticketStatement, signed);
  if (!ticket) throw new Refusal('ticket-invalid', 'The statement is not a ticket');
  if (ticket.server !== origin) throw new Refusal('ticket-invalid', 'The ticket is for another server');
  return ticket;
}

async function refuseOtherCompany({ store }: Services, device: Device, ticket: TicketStatement) {
  const company = await store
    .selectFrom('companies')
    .select('id')
    .where('code', '=', ticket.company)
    .executeTakeFirst();
  if (company?.id !== device.company) {
    throw new Refusal(
      'ticket-invalid',
      'The ticket names another company than the device is registered with',
    );
  }
}

/** The anchor beside a ticket: one that came late or answers something else is passed over, a forged one is not. */
function ticketAnchor(
  signed: SignedStatement,
  frame: AnchorFrame,
  log: FastifyBaseLogger,
): AnsweredAnchor | null {
  const verdict = judgeAnchor(signed, frame);
  if (verdict.counted) return verdict.anchor;
  if (verdict.why === 'bad-signature') {
    throw new Refusal('ticket-invalid', "The anchor's signature does not fit");
  }
  log.warn({ device: frame.device, why: verdict.why }, 'Anchor passed over');
  return null;
}
