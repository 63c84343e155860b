import type { FastifyRequest } from 'fastify';
import { Refusal } from './refusal.ts';

/**
 * The one value of a header, or undefined. Read from the raw list: Node drops or joins repetitions by rules of its own,
 * and two readers of one request must never see two different values.
 *
 * @throws Refusal `invalid-request` when the header came more than once.
 */
export function onlyHeader(request: FastifyRequest, name: string): string | undefined {
  const raw = request.raw.rawHeaders;
  const values = raw.filter((_, i) => i % 2 === 1 && raw[i - 1]?.toLowerCase() === name);
  if (values.length > 1) throw new Refusal('invalid-request', `The header ${name} came more than once`);
  return values[0]?.trim();
}
