import Fastify, { type FastifyInstance } from 'fastify';
import { ZodError } from 'zod';
import { answerOnlyLocally } from '../local-only.ts';
import { registerApi } from './api.ts';
import { registerControls } from './controls.ts';
import type { DemoCompany } from './demo-company.ts';
import { errors, ServiceError } from './errors.ts';
import type { Fault } from './faults.ts';
import { registerPage } from './page.ts';
import { registerPunch } from './punch-book.ts';
import type { SeenRequest, Service } from './service.ts';
import { initialState, type Punch, type PunchCode, type State, type Switches } from './state.ts';
import type { StateFile } from './state-file.ts';

export interface KingOfTimeOptions {
  /** Where the time comes from, in milliseconds since 1970. */
  clock: { now(): number };
  /** The company a stand-in without state begins with. */
  seed: DemoCompany;
  /** Where the state outlives the process; without it nothing does. */
  file?: StateFile;
  /** How long a connection that "times out" stays silent before it is cut. 0 cuts it at once; 60 s unless said. */
  hangMs?: number;
}

/** What a test or the page may do to the stand-in besides calling its API. */
export interface KingOfTimeControl {
  /** The state itself: companies, tokens, addresses and so on may be changed in place, before `changed`. */
  readonly state: State;
  /** Every API request seen so far. */
  readonly seen: readonly SeenRequest[];
  /** Orders faults for the next requests, first come first served. */
  fail(...faults: Fault[]): void;
  set(switches: Partial<Switches>): void;
  /** Punches as another recorder does, whatever the switches say about the API. @throws ServiceError */
  punch(employeeKey: string, punch: { date: string; time: string; code: PunchCode; mark: string }): Punch;
  /** What an administrator does in 日別データ > 編集. False when there is no such punch. */
  removePunch(id: number): boolean;
  /** 締め through this date; null opens all again. */
  close(through: string | null): void;
  /** Calls back after every change, until the returned function is called. */
  watch(listener: () => void): () => void;
}

/**
 * A stand-in of KING OF TIME: its WebAPI v1.0 under `/v1.0`, its 日別データ screen at `/`, controls under `/sandbox`.
 * The server is not listening yet; close it like any Fastify instance.
 */
export function createKingOfTime(options: KingOfTimeOptions): {
  app: FastifyInstance;
  control: KingOfTimeControl;
} {
  const watchers = new Set<() => void>();
  const seen: SeenRequest[] = [];
  const faults: Fault[] = [];
  const state = options.file?.read() ?? initialState(options.seed);
  const service: Service = {
    clock: options.clock,
    state,
    faults,
    seen,
    hangMs: options.hangMs ?? 60_000,
    changed() {
      options.file?.write(state);
      for (const watcher of watchers) watcher();
    },
  };
  const control = controlOf(service, watchers);

  const app = Fastify({ forceCloseConnections: true });
  answerOnlyLocally(app);
  app.setErrorHandler((error, request, reply) => {
    const isClients = error instanceof ZodError || (error as { statusCode?: number }).statusCode === 400;
    const answer =
      error instanceof ServiceError
        ? error
        : isClients
          ? errors.validation('リクエストが正しくありません。')
          : errors.maintenance();
    if (answer.status === 500)
      console.error(`${request.method} ${request.routeOptions.url ?? ''} failed`, error);
    return reply.code(answer.status).send(answer.body);
  });
  app.setNotFoundHandler((_request, reply) => {
    const { status, body } = errors.notFound();
    return reply.code(status).send(body);
  });
  registerApi(app, service);
  registerControls(app, service, control);
  registerPage(app, service);
  return { app, control };
}

function controlOf(service: Service, watchers: Set<() => void>): KingOfTimeControl {
  const { state } = service;
  return {
    state,
    seen: service.seen,
    fail: (...faults) => void service.faults.push(...faults.map((fault) => ({ ...fault }))),
    set(switches) {
      Object.assign(state.switches, switches);
      service.changed();
    },
    punch(employeeKey, { mark, ...request }) {
      const punch = registerPunch(state, employeeKey, request, { mark, refuseRepeated: false });
      service.changed();
      return punch;
    },
    removePunch(id) {
      const before = state.punches.length;
      state.punches = state.punches.filter((punch) => punch.id !== id);
      if (state.punches.length === before) return false;
      service.changed();
      return true;
    },
    close(through) {
      state.closedThrough = through;
      service.changed();
    },
    watch(listener) {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
  };
}
