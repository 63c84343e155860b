import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { dailyWorkings, type Query, timeRecords } from './daily-workings.ts';
import { errors } from './errors.ts';
import { datePlus, isDate, jstDate } from './jst.ts';
import { type PunchRequest, registerPunch } from './punch-book.ts';
import { timeRecordJson } from './records.ts';
import { admit, answering, type Service } from './service.ts';
import type { Employee, Item, State } from './state.ts';

const param = (request: FastifyRequest, name: string): string =>
  String((request.params as Record<string, unknown>)[name]);
const query = (request: FastifyRequest): Query => request.query as Query;

/** The WebAPI v1.0, as far as our system and its tests need it. */
export function registerApi(app: FastifyInstance, service: Service): void {
  const read = (path: string, item: Item, work: (request: FastifyRequest) => object) =>
    app.get(
      path,
      answering(service, 'read', (request) => {
        admit(service, request, { item, access: 'read' });
        return { status: 200, body: work(request) };
      }),
    );
  const { state } = service;

  read('/v1.0/company', 'company', () => companyJson(state));
  read('/v1.0/administrators', 'administrators', (request) => administratorsJson(state, query(request)));
  read('/v1.0/divisions', 'divisions', () => state.divisions);
  read('/v1.0/working-types', 'working-types', () => state.workingTypes);
  read('/v1.0/employees', 'employees', (request) => employeesJson(service, query(request)));
  read('/v1.0/employees/:code', 'employees', (request) => {
    const employee = state.employees.find(({ code }) => code === param(request, 'code'));
    if (!employee) throw errors.unknownEmployee();
    return employeeJson(state, employee, query(request));
  });
  read('/v1.0/daily-workings/timerecord', 'timerecord', (request) => timeRecords(service, query(request)));
  read('/v1.0/daily-workings/timerecord/:date', 'timerecord', (request) =>
    oneDay(timeRecords(service, ofDay(request)), param(request, 'date')),
  );
  read('/v1.0/daily-workings', 'daily-workings', (request) => dailyWorkings(service, query(request)));
  read('/v1.0/daily-workings/:date', 'daily-workings', (request) =>
    oneDay(dailyWorkings(service, ofDay(request)), param(request, 'date')),
  );

  app.post(
    '/v1.0/daily-workings/timerecord/:employeeKey',
    answering(service, 'punch', (request) => {
      const token = admit(service, request, { item: 'timerecord', access: 'write' });
      const punch = registerPunch(
        state,
        param(request, 'employeeKey'),
        (request.body ?? {}) as PunchRequest,
        { mark: token.mark, refuseRepeated: state.switches.alreadyPunched },
      );
      service.changed();
      const { date, employeeKey } = punch;
      return { status: 201, body: { date, employeeKey, timeRecord: timeRecordJson(state, punch) } };
    }),
  );
  registerTokens(app, service);
}

/** Token calls are open at any hour. */
function registerTokens(app: FastifyInstance, service: Service): void {
  const { state } = service;
  app.get(
    '/v1.0/tokens/:token/available',
    answering(service, 'read', (request) => {
      admit(service, request, null);
      const asked = param(request, 'token');
      return { status: 200, body: { available: state.tokens.some(({ token }) => token === asked) } };
    }),
  );
  app.post(
    '/v1.0/tokens/:token',
    answering(service, 'read', (request) => {
      admit(service, request, null);
      const known = state.tokens.find(({ token }) => token === param(request, 'token'));
      if (!known) throw errors.unauthorized();
      known.token = randomBytes(16).toString('hex');
      service.changed();
      return { status: 201, body: { token: known.token } };
    }),
  );
  app.delete(
    '/v1.0/tokens/:token',
    answering(service, 'read', (request) => {
      admit(service, request, null);
      state.tokens = state.tokens.filter(({ token }) => token !== param(request, 'token'));
      service.changed();
      return { status: 204 };
    }),
  );
}

const ofDay = (request: FastifyRequest): Query => ({
  ...query(request),
  start: param(request, 'date'),
  end: param(request, 'date'),
});

/** The `{date}` form answers one day, also when nobody worked on it. */
const oneDay = (days: { date: string }[], date: string): object => days[0] ?? { date, dailyWorkings: [] };

const companyJson = ({ company }: State): object => ({
  ...company,
  host: 's2.kingtime.jp',
  businessYearStartDate: '04/01',
  settings: { timeDisplayFormat: 'sexagesimal', decimalTreatType: 'round' },
});

const additional = ({ additionalFields }: Query): Set<string> => new Set((additionalFields ?? '').split(','));

function administratorsJson(state: State, asked: Query): object {
  const fields = additional(asked);
  return state.administrators.map(({ code, key, name, emailAddress, employeeKeys }) => ({
    code,
    key,
    name,
    ...(fields.has('emailAddresses') && emailAddress && { emailAddresses: emailAddress }),
    ...(fields.has('associatedEmployees') && {
      associatedEmployees: state.employees
        .filter((employee) => employeeKeys.includes(employee.key))
        .map((employee) => ({
          code: employee.code,
          key: employee.key,
          lastName: employee.lastName,
          firstName: employee.firstName,
        })),
    }),
  }));
}

function employeesJson({ state, clock }: Service, asked: Query): object {
  const today = jstDate(clock.now());
  const date = asked.date ?? today;
  if (!isDate(date)) throw errors.dateFormat('date');
  if (date < datePlus(today, -3 * 366) || date > datePlus(today, 366)) {
    throw errors.validation('dateが範囲外です。');
  }
  const { division } = asked;
  return state.employees
    .filter((employee) => division === undefined || employee.divisionCode === division)
    .filter(
      ({ resignationDate }) =>
        asked.includeResigner === 'true' || !resignationDate || resignationDate >= date,
    )
    .map((employee) => employeeJson(state, employee, asked));
}

function employeeJson(state: State, employee: Employee, asked: Query): object {
  const fields = additional(asked);
  const { code, key, lastName, firstName, divisionCode, typeCode, gender } = employee;
  const extra = Object.fromEntries(
    Object.entries(employee).filter(
      ([name]) =>
        fields.has(name) && ['hiredDate', 'birthDate', 'resignationDate', 'emailAddresses'].includes(name),
    ),
  );
  return {
    divisionCode,
    divisionName: state.divisions.find((division) => division.code === divisionCode)?.name,
    gender,
    typeCode,
    typeName: state.workingTypes.find((type) => type.code === typeCode)?.name,
    code,
    lastName,
    firstName,
    key,
    employeeGroups: [],
    ...extra,
  };
}
