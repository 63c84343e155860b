import type { Kysely } from 'kysely';
import { type Actor, audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { type ActionRefusal, type Actions, createActions, type EnteredTime } from '../forwarder/actions.ts';
import { createPlanning } from '../forwarder/planning.ts';
import { ordinaryTiming } from '../forwarder/settings.ts';
import { forwardingSettings } from '../settings/history.ts';
import type { Database } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError, type AdministrationErrorCode } from './administration-error.ts';
import { employeeByCode } from './link.ts';

/** What an administrator of attendance works with, and who they are. */
export interface AttendanceAdministration {
  store: Kysely<Database>;
  clock: Clock;
  company: string;
  /** The administrator's name, for the audit. */
  by: string;
}

export const administrator = ({ by }: AttendanceAdministration): Actor => ({
  kind: 'administrator',
  name: by,
});

/** Punches that wait for a person, held and failed ones, the longest waiting first. */
export function listHeld(store: Store, company: string, limit: number) {
  return store
    .selectFrom('outbox')
    .leftJoin('employees', (join) =>
      join.onRef('employees.company', '=', 'outbox.company').onRef('employees.id', '=', 'outbox.employee'),
    )
    .select(['outbox.id', 'employees.code', 'outbox.date', 'outbox.kind', 'outbox.at'])
    .select(['outbox.state', 'outbox.hold', 'outbox.last_problem'])
    .where('outbox.company', '=', company)
    .where('outbox.state', 'in', ['held', 'failed'])
    .orderBy('outbox.date')
    .orderBy('outbox.at')
    .orderBy('outbox.id')
    .limit(limit)
    .execute();
}

/** Open tasks, the longest waiting first. */
export function listTasks(store: Store, company: string, limit: number) {
  return store
    .selectFrom('tasks')
    .leftJoin('employees', (join) =>
      join.onRef('employees.company', '=', 'tasks.company').onRef('employees.id', '=', 'tasks.employee'),
    )
    .select(['tasks.id', 'employees.code', 'tasks.date', 'tasks.kind', 'tasks.detail', 'tasks.created_at'])
    .where('tasks.company', '=', company)
    .where('tasks.closed_at', 'is', null)
    .orderBy('tasks.created_at')
    .orderBy('tasks.id')
    .limit(limit)
    .execute();
}

/**
 * Sends a held punch in spite of what it is held for, or tries a failed one again. Audited with the deed.
 *
 * @throws AdministrationError `not-held`.
 */
export async function releasePunch(work: AttendanceAdministration, row: string): Promise<void> {
  const result = await actionsOf(work).release(work.company, row, (tx, { employee, date, kind, at }) =>
    audit(tx, {
      ...deedOf(work),
      action: 'punch-released',
      employee,
      detail: { row, date, kind, at: new Date(at).toISOString() },
    }),
  );
  if (!result.ok) throw new AdministrationError('not-held', `No punch ${row} is held or has failed`);
}

/**
 * Sets 出勤 or 退勤 of an employee's workday to a time the administrator knows, and sends it. Audited with the deed. It
 * serves employees who have left as well.
 *
 * @throws AdministrationError `unknown-employee`, `ambiguous-employee`, `unknown-workday`, `already-sent`,
 * `outside-workday`, `out-before-in`.
 */
export async function enterPunchTime(
  work: AttendanceAdministration,
  { employeeCode, ...time }: Omit<EnteredTime, 'employee'> & { employeeCode: string },
): Promise<void> {
  const { store, company } = work;
  const { date, kind, at } = time;
  const employee = await employeeOfDay(store, company, employeeCode, date);
  const result = await actionsOf(work).enterTime(company, { ...time, employee }, (tx) =>
    audit(tx, {
      ...deedOf(work),
      action: 'punch-time-entered',
      employee,
      detail: { date, kind, at: new Date(at).toISOString() },
    }),
  );
  if (!result.ok) throw new AdministrationError(...ENTRY_REFUSALS[result.refusal]);
}

const ENTRY_REFUSALS: Record<ActionRefusal, [AdministrationErrorCode, string]> = {
  'not-there': ['unknown-workday', 'The employee has no such workday'],
  'already-sent': [
    'already-sent',
    'This punch has been sent, or may have been; correct it in the attendance service',
  ],
  'outside-workday': ['outside-workday', 'The time is not one of this workday, or lies ahead'],
  'out-before-in': ['out-before-in', '退勤 must lie after 出勤'],
};

/**
 * Closes a task as dealt with. Audited with the deed.
 *
 * @throws AdministrationError `unknown-task`.
 */
export async function dismissTask(work: AttendanceAdministration, task: string): Promise<void> {
  const result = await actionsOf(work).dismissTask(work.company, task, (tx, { employee, date, kind }) =>
    audit(tx, { ...deedOf(work), action: 'task-dismissed', employee, detail: { task, date, kind } }),
  );
  if (!result.ok) throw new AdministrationError('unknown-task', `No task ${task} is open`);
}

/** The forwarder's decisions, planned with the settings in force; a running server sends what they free. */
function actionsOf({ store, clock }: AttendanceAdministration): Actions {
  const planning = createPlanning({
    store,
    clock,
    forwardingFor: (company, employee, date) => forwardingSettings(store, company, employee, date),
    timing: ordinaryTiming,
    // Only planning whatever is due logs; a decision plans one day, and throws.
    log: { error: () => undefined },
  });
  return createActions({ store, clock, planning });
}

const deedOf = (work: AttendanceAdministration) => ({
  company: work.company,
  atMs: work.clock.now(),
  by: administrator(work),
});

/** Whoever had this code and worked that day: a leaver's last day has to be reachable too. */
async function employeeOfDay(store: Store, company: string, code: string, date: string): Promise<string> {
  const found = await store
    .selectFrom('employees')
    .innerJoin('workdays', (join) =>
      join
        .onRef('workdays.company', '=', 'employees.company')
        .onRef('workdays.employee', '=', 'employees.id'),
    )
    .select('employees.id')
    .where('employees.company', '=', company)
    .where('employees.code', '=', code)
    .where('workdays.date', '=', date)
    .execute();
  const [employee, another] = found;
  if (employee && !another) return employee.id;
  return employeeByCode(store, company, code);
}
