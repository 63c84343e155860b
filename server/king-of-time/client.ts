import type { z } from 'zod';
import type { PunchKind } from '../../contract/me.ts';
import type { Clock } from '../clock.ts';
import { type Outcome, outcomeOfError, outcomeOfFailure } from './outcome.ts';
import * as shapes from './shapes.ts';

/** Where a client writes what it does. No token ever reaches it. */
export interface ClientLog {
  debug(what: object, message: string): void;
}

export interface KingOfTimeClientOptions {
  /** `https://api.kingtime.jp/v1.0`, or a stand-in's address. */
  baseUrl: string;
  token: string;
  fetch: typeof fetch;
  clock: Clock;
  /** How long to wait for an answer, in milliseconds. */
  timeoutMs: number;
  log: ClientLog;
}

/** How KING OF TIME numbers punches. */
export const PUNCH_CODE: Record<PunchKind, string> = {
  in: '1',
  out: '2',
  'break-start': '3',
  'break-end': '4',
};

/** One punch to register. `date` is the workday, `time` is made by `punchTime`. */
export interface PunchRegistration {
  date: string;
  time: string;
  kind: PunchKind;
}

/** The WebAPI v1.0. No call throws: whatever happens is an outcome. Calls are not retried here. */
export interface KingOfTimeClient {
  /** Registers one punch. Not idempotent: every accepted call is one more. `employeeKey` is the key, never the code. */
  registerPunch(employeeKey: string, punch: PunchRegistration): Promise<Outcome<shapes.RegisteredPunch>>;
  /** The punches of one employee on one workday. Shut in the forbidden hours, as all reading is. */
  readPunches(employeeKey: string, date: string): Promise<Outcome<{ time: string; code: string }[]>>;
  /** The keys of the employees for whom a workday is closed (締め). */
  readClosed(date: string): Promise<Outcome<Set<string>>>;
  /** Whether the token is good; open at any hour. */
  checkToken(): Promise<Outcome<boolean>>;
  readCompany(): Promise<Outcome<z.infer<typeof shapes.companyAnswer>>>;
  readDivisions(): Promise<Outcome<z.infer<typeof shapes.divisionsAnswer>>>;
  /** Everybody employed today, with hire and resignation dates and mail addresses. */
  readEmployees(): Promise<Outcome<z.infer<typeof shapes.employeesAnswer>>>;
}

/** Makes a client of one company's service. */
export function createKingOfTimeClient(options: KingOfTimeClientOptions): KingOfTimeClient {
  const { baseUrl, token, clock, timeoutMs, log } = options;

  async function call<T>(schema: z.ZodType<T>, path: string, body?: object): Promise<Outcome<T>> {
    const method = body ? 'POST' : 'GET';
    const outcome = await attempt(schema, method, path, body);
    const masked = path.replaceAll(encodeURIComponent(token), '***');
    log.debug(
      { method, path: masked, status: outcome.status, httpStatus: outcome.httpStatus },
      'KING OF TIME was called',
    );
    return outcome;
  }

  async function attempt<T>(
    schema: z.ZodType<T>,
    method: string,
    path: string,
    body: object | undefined,
  ): Promise<Outcome<T>> {
    try {
      const response = await options.fetch(`${baseUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json; charset=utf-8' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        // The token must not follow anybody to another host.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const parsed = parseJson(await response.text());
      const httpStatus = response.status;
      const value = httpStatus === (body ? 201 : 200) ? schema.safeParse(parsed) : undefined;
      if (value?.success) return { status: 'ok', value: value.data, httpStatus, code: null, message: null };
      const retryAfter = response.headers.get('retry-after');
      return outcomeOfFailure({ httpStatus, body: parsed, retryAfter }, clock.now());
    } catch (error) {
      return outcomeOfError(error);
    }
  }

  return {
    async registerPunch(employeeKey, { date, time, kind }) {
      const outcome = await call(
        shapes.registeredPunch,
        `/daily-workings/timerecord/${encodeURIComponent(employeeKey)}`,
        { date, time, code: PUNCH_CODE[kind] },
      );
      if (outcome.status !== 'ok') return outcome;
      const { value } = outcome;
      const isOurs =
        value.date === date &&
        value.employeeKey === employeeKey &&
        value.timeRecord.code === PUNCH_CODE[kind];
      return isOurs ? outcome : { ...outcome, status: 'unknown', message: 'Another punch was confirmed' };
    },
    async readPunches(employeeKey, date) {
      const outcome = await call(shapes.punchDays, `/daily-workings/timerecord?${oneDay(employeeKey, date)}`);
      if (outcome.status !== 'ok') return outcome;
      const value = outcome.value
        .flatMap(({ dailyWorkings }) => dailyWorkings)
        .filter((item) => item.date === date && item.employeeKey === employeeKey)
        .flatMap(({ timeRecord }) => timeRecord);
      return { ...outcome, value };
    },
    async readClosed(date) {
      const outcome = await call(shapes.workingDays, `/daily-workings?start=${date}&end=${date}`);
      if (outcome.status !== 'ok') return outcome;
      const closed = outcome.value
        .flatMap(({ dailyWorkings }) => dailyWorkings)
        .filter((item) => item.date === date && item.isClosing === true);
      return { ...outcome, value: new Set(closed.map(({ employeeKey }) => employeeKey)) };
    },
    async checkToken() {
      const outcome = await call(shapes.tokenState, `/tokens/${encodeURIComponent(token)}/available`);
      return outcome.status === 'ok' ? { ...outcome, value: outcome.value.available } : outcome;
    },
    readCompany: () => call(shapes.companyAnswer, '/company'),
    readDivisions: () => call(shapes.divisionsAnswer, '/divisions'),
    readEmployees: () =>
      call(
        shapes.employeesAnswer,
        '/employees?additionalFields=hiredDate,birthDate,resignationDate,emailAddresses',
      ),
  };
}

const oneDay = (employeeKey: string, date: string): string =>
  `employeeKeys=${encodeURIComponent(employeeKey)}&start=${date}&end=${date}`;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
