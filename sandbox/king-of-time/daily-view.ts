import { breakMinutes, isOver, workMinutes } from './daily-workings.ts';
import { jstDate, startOfDate } from './jst.ts';
import { dayErrors, punchesOf } from './punch-book.ts';
import type { Employee, Punch, State } from './state.ts';

/** One line of the 日別データ screen. */
export interface DailyRow {
  employee: Employee;
  division: string;
  punches: Punch[];
  status: 'absent' | 'working' | 'onBreak' | 'left';
  errors: ReturnType<typeof dayErrors>;
  workMinutes: number;
  breakMinutes: number;
}

/** The lines of a day, by division and employee code. */
export function dailyRows(state: State, date: string, now: number): DailyRow[] {
  return state.employees
    .toSorted((a, b) => a.divisionCode.localeCompare(b.divisionCode) || a.code.localeCompare(b.code))
    .map((employee) => {
      const punches = punchesOf(state, employee.key, date);
      return {
        employee,
        division: state.divisions.find(({ code }) => code === employee.divisionCode)?.name ?? '',
        punches,
        status: statusOf(punches),
        errors: dayErrors(punches, isOver(now, date)),
        workMinutes: workMinutes(punches),
        breakMinutes: breakMinutes(punches),
      };
    });
}

function statusOf(punches: readonly Punch[]): DailyRow['status'] {
  const last = punches.at(-1);
  if (!last) return 'absent';
  if (last.code === '2') return 'left';
  return last.code === '3' || last.code === '7' ? 'onBreak' : 'working';
}

/** The workday a screen opens with: until the first division's border it is still yesterday's. */
export function currentDate(state: State, now: number): string {
  const [hours = 0, minutes = 0] = (state.divisions[0]?.dayBorderTime ?? '00:00').split(':').map(Number);
  return jstDate(now - (hours * 60 + minutes) * 60_000);
}

/** How many calendar days a punch lies after the date it is attached to. */
export const daysAfter = (date: string, punch: Punch): number =>
  Math.floor((Date.parse(punch.time) - startOfDate(date)) / 86_400_000);
