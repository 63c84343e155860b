import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { FAULT_KINDS } from './faults.ts';
import { isDate, isDateTime } from './jst.ts';
import type { KingOfTimeControl } from './king-of-time.ts';
import type { Service } from './service.ts';
import { PUNCH_CODES } from './state.ts';

const switches = z
  .strictObject({
    forbiddenHours: z.enum(['clock', 'on', 'off']),
    alreadyPunched: z.boolean(),
    overwriteOut: z.boolean(),
    outage: z.enum(['none', 'unavailable', 'maintenance', 'too-many']),
    timeout: z.enum(['none', 'before', 'after']),
    latencyMs: z.number().int().min(0).max(60_000),
  })
  .partial();

const fault = z.strictObject({
  on: z.enum(['punch', 'read', 'any']),
  kind: z.enum(FAULT_KINDS),
  times: z.number().int().positive(),
});

const otherPunch = z.strictObject({
  employeeKey: z.string(),
  date: z.string().refine(isDate),
  time: z.string().refine(isDateTime),
  code: z.enum(PUNCH_CODES),
  mark: z.string().min(1).max(4),
});

const closing = z.strictObject({ through: z.string().refine(isDate).nullable() });

/**
 * What only a sandbox has: JSON under `/sandbox/`. A body of another form gets the service's validation error. It
 * listens on the loopback address, answers only to its own name and takes JSON only, so that no foreign web page can turn these knobs.
 */
export function registerControls(app: FastifyInstance, service: Service, control: KingOfTimeControl): void {
  app.get('/sandbox/switches', () => service.state.switches);
  app.patch('/sandbox/switches', (request) => {
    const wanted = switches.parse(request.body);
    control.set(Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)));
    return service.state.switches;
  });
  app.get('/sandbox/requests', () => service.seen);
  app.post('/sandbox/faults', (request, reply) => {
    control.fail(...z.array(fault).parse(request.body));
    return reply.code(204).send();
  });
  app.get('/sandbox/punches', () => service.state.punches);
  app.post('/sandbox/punches', (request, reply) => {
    const { employeeKey, ...punch } = otherPunch.parse(request.body);
    return reply.code(201).send(control.punch(employeeKey, punch));
  });
  app.delete('/sandbox/punches/:id', (request, reply) => {
    const { id } = z.object({ id: z.coerce.number() }).parse(request.params);
    return reply.code(control.removePunch(id) ? 204 : 404).send();
  });
  app.put('/sandbox/closing', (request, reply) => {
    control.close(closing.parse(request.body).through);
    return reply.code(204).send();
  });
  /** Server-sent events: one `change` whenever the page should look again. */
  app.get('/sandbox/changes', (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    reply.raw.write('retry: 2000\n\n');
    const stop = control.watch(() => reply.raw.write('event: change\ndata: {}\n\n'));
    request.raw.once('close', stop);
  });
}
