import { errors } from './errors.ts';
import { DAY_MS, isDate, isDateTime, startOfDate } from './jst.ts';
import { PUNCH_CODES, type Punch, type PunchCode, type State } from './state.ts';

/** What a POST may say. `code` comes as text or number. */
export interface PunchRequest {
  date?: unknown;
  time?: unknown;
  code?: unknown;
  divisionCode?: unknown;
  latitude?: unknown;
  longitude?: unknown;
}

/** The furthest a punch may lie from the begin of the date it is attached to. */
const LATEST_MS = 3 * DAY_MS;

/**
 * Takes a punch as the service does: every accepted call is one more, with two exceptions that can be switched on.
 *
 * @throws ServiceError when the employee or the request is not as the service wants it; nothing is changed then.
 */
export function registerPunch(
  state: State,
  employeeKey: string,
  request: PunchRequest,
  { mark, refuseRepeated }: { mark: string; refuseRepeated: boolean },
): Punch {
  const employee = state.employees.find(({ key }) => key === employeeKey);
  if (!employee) throw errors.unknownEmployee();
  const { date, time } = request;
  if (typeof date !== 'string' || typeof time !== 'string') throw errors.validation('date、timeは必須です。');
  if (!isDate(date)) throw errors.dateFormat('date');
  if (!isDateTime(time)) throw errors.dateTimeFormat('time');
  const distance = Date.parse(time) - startOfDate(date);
  if (distance < -DAY_MS || distance > LATEST_MS) throw errors.validation('timeがdateから離れすぎています。');
  const sameDay = state.punches.filter((punch) => punch.employeeKey === employeeKey && punch.date === date);
  const code = punchCode(request.code, sameDay);
  const divisionCode = request.divisionCode ?? employee.divisionCode;
  if (typeof divisionCode !== 'string' || !state.divisions.some((one) => one.code === divisionCode)) {
    throw errors.validation('divisionCodeが存在しません。');
  }
  if (refuseRepeated && sameDay.some((punch) => isRepeated(punch, code, time))) {
    throw errors.alreadyPunched();
  }
  const punch: Punch = {
    id: state.nextPunchId,
    employeeKey,
    date,
    time,
    code,
    divisionCode,
    mark,
    ...(typeof request.latitude === 'number' && { latitude: request.latitude }),
    ...(typeof request.longitude === 'number' && { longitude: request.longitude }),
  };
  state.nextPunchId += 1;
  state.punches.push(punch);
  if (state.switches.overwriteOut && code === '2') overwriteOuts(state, employeeKey, date);
  return punch;
}

/** Breaks repeat within a day; 出勤 and 退勤 do not. */
const isRepeated = (punch: Punch, code: PunchCode, time: string): boolean =>
  punch.code === code && (code === '1' || code === '2' || punch.time === time);

function punchCode(given: unknown, sameDay: readonly Punch[]): PunchCode {
  if (given === undefined) return sameDay.some(({ code }) => code === '1') ? '2' : '1';
  const code = PUNCH_CODES.find((known) => known === String(given));
  if (!code) throw errors.validation('codeが正しくありません。');
  return code;
}

/** Of 退勤 that follow each other only the last stays; breaks between do not count, another 出勤 does. */
function overwriteOuts(state: State, employeeKey: string, date: string): void {
  const day = punchesOf(state, employeeKey, date).filter(({ code }) => code === '1' || code === '2');
  const overwritten = new Set(
    day.filter((punch, index) => punch.code === '2' && day[index + 1]?.code === '2').map(({ id }) => id),
  );
  state.punches = state.punches.filter(({ id }) => !overwritten.has(id));
}

/** An employee's punches of a workday in the order of their times. */
export const punchesOf = (state: State, employeeKey: string, date: string): Punch[] =>
  state.punches
    .filter((punch) => punch.employeeKey === employeeKey && punch.date === date)
    .sort((a, b) => a.time.localeCompare(b.time) || a.id - b.id);

/** Why a day is an エラー勤務; empty when it is none. `over` tells that no further punch is expected. */
export function dayErrors(
  day: readonly Punch[],
  over: boolean,
): ('twice-in' | 'twice-out' | 'no-in' | 'no-out' | 'break')[] {
  const count = (code: PunchCode) => day.filter((punch) => punch.code === code).length;
  const ins = count('1');
  const outs = count('2');
  return [
    ...(ins > 1 ? (['twice-in'] as const) : []),
    ...(outs > 1 ? (['twice-out'] as const) : []),
    ...(ins === 0 && day.length > 0 ? (['no-in'] as const) : []),
    ...(ins > 0 && outs === 0 && over ? (['no-out'] as const) : []),
    ...(count('3') !== count('4') && (over || outs > 0) ? (['break'] as const) : []),
  ];
}
