import { errors } from './errors.ts';
import { DAY_MS, datePlus, isDate, jstDate, startOfDate } from './jst.ts';
import { dayErrors, punchesOf } from './punch-book.ts';
import { timeRecordJson } from './records.ts';
import type { Service } from './service.ts';
import type { Employee, Punch } from './state.ts';

/** Query parameters are text, or missing. */
export type Query = Partial<
  Record<
    | 'additionalFields'
    | 'date'
    | 'division'
    | 'employeeKeys'
    | 'end'
    | 'includeResigner'
    | 'ondivision'
    | 'start',
    string
  >
>;

/** The most days one reading may span. */
const MAX_DAYS = 62;

interface Day<T> {
  date: string;
  dailyWorkings: T[];
}

/** GET /daily-workings/timerecord: the punches, by day and employee. Days and people without any are left out. */
export function timeRecords(service: Service, query: Query): Day<object>[] {
  const { state } = service;
  return eachDay(service, query, (employee, date) => {
    const day = punchesOf(state, employee.key, date);
    if (day.length === 0) return undefined;
    return {
      date,
      employeeKey: employee.key,
      ...currentDateEmployee(service, employee, query),
      timeRecord: day.map((punch) => timeRecordJson(state, punch)),
    };
  });
}

/** GET /daily-workings: the totals of each day, for everybody. */
export function dailyWorkings(service: Service, query: Query): Day<object>[] {
  const { state } = service;
  return eachDay(service, query, (employee, date) => {
    const day = punchesOf(state, employee.key, date);
    return {
      date,
      employeeKey: employee.key,
      ...currentDateEmployee(service, employee, query),
      workPlaceDivisionCode: employee.divisionCode,
      workPlaceDivisionName: state.divisions.find(({ code }) => code === employee.divisionCode)?.name,
      isClosing: state.closedThrough !== null && date <= state.closedThrough,
      isHelp: false,
      isError: dayErrors(day, isOver(service.clock.now(), date)).length > 0,
      workdayTypeName: '平日',
      breakTime: breakMinutes(day),
      totalWork: workMinutes(day),
    };
  });
}

/** Whether a date's last punch is past: a day after its end, which covers every day border. */
export const isOver = (now: number, date: string): boolean => now >= startOfDate(date) + 2 * DAY_MS;

/** Minutes between each 休憩開始 and the 休憩終了 that follows it. */
export function breakMinutes(day: readonly Punch[]): number {
  const breaks = day.filter(({ code }) => code === '3' || code === '4');
  return breaks.reduce((sum, punch, index) => {
    const next = breaks[index + 1];
    return punch.code === '3' && next?.code === '4' ? sum + minutesBetween(punch, next) : sum;
  }, 0);
}

/** 労働時間 in minutes, from the first 出勤 to the last 退勤 without the breaks; 0 while one of them is missing. */
export function workMinutes(day: readonly Punch[]): number {
  const first = day.find(({ code }) => code === '1');
  const last = day.findLast(({ code }) => code === '2');
  return first && last ? Math.max(0, minutesBetween(first, last) - breakMinutes(day)) : 0;
}

const minutesBetween = (from: Punch, to: Punch): number =>
  Math.floor((Date.parse(to.time) - Date.parse(from.time)) / 60_000);

function currentDateEmployee({ state }: Service, employee: Employee, query: Query): object {
  if (query.additionalFields !== 'currentDateEmployee') return {};
  const { code, lastName, firstName, divisionCode, gender } = employee;
  const divisionName = state.divisions.find((division) => division.code === divisionCode)?.name;
  return { currentDateEmployee: { divisionCode, divisionName, gender, code, lastName, firstName } };
}

function eachDay<T>(
  service: Service,
  query: Query,
  item: (employee: Employee, date: string) => T | undefined,
): Day<T>[] {
  const { start, end } = period(service, query);
  const people = asked(service, query);
  const days: Day<T>[] = [];
  for (let date = start; date <= end; date = datePlus(date, 1)) {
    const items = people.map((employee) => item(employee, date)).filter((found) => found !== undefined);
    if (items.length > 0) days.push({ date, dailyWorkings: items });
  }
  return days;
}

function period({ clock }: Service, query: Query): { start: string; end: string } {
  const today = jstDate(clock.now());
  if ((query.start === undefined) !== (query.end === undefined)) {
    throw errors.validation('start、endは両方指定してください。');
  }
  const start = query.start ?? today;
  const end = query.end ?? today;
  if (!isDate(start)) throw errors.dateFormat('start');
  if (!isDate(end)) throw errors.dateFormat('end');
  if (end < start || end > datePlus(start, MAX_DAYS - 1)) {
    throw errors.validation(`期間は${MAX_DAYS}日以内で指定してください。`);
  }
  if (start < datePlus(today, -3 * 366) || end > datePlus(today, 366)) {
    throw errors.validation('期間が範囲外です。');
  }
  return { start, end };
}

function asked({ state }: Service, { division, employeeKeys }: Query): Employee[] {
  if (employeeKeys !== undefined && division !== undefined) {
    throw errors.validation('employeeKeysとdivisionは同時に指定できません。');
  }
  if (employeeKeys === undefined) {
    return state.employees.filter(({ divisionCode }) => division === undefined || divisionCode === division);
  }
  return employeeKeys.split(',').map((wanted) => {
    const employee = state.employees.find(({ key }) => key === wanted);
    if (!employee) throw errors.unknownEmployee();
    return employee;
  });
}
