import type { DemoCompany } from './demo-company.ts';

/** What a token may be allowed to read or write, one by one. */
export const ITEMS = [
  'company',
  'administrators',
  'employees',
  'divisions',
  'working-types',
  'timerecord',
  'daily-workings',
] as const;
export type Item = (typeof ITEMS)[number];

export interface Token {
  token: string;
  read: Item[];
  write: Item[];
  /** How punches made with this token are marked in 日別データ: `PC` for partner connectors, `SL` for システムログ. */
  mark: string;
}

export interface Employee {
  code: string;
  key: string;
  lastName: string;
  firstName: string;
  divisionCode: string;
  typeCode: string;
  gender: 'male' | 'female';
  hiredDate?: string;
  birthDate?: string;
  resignationDate?: string;
  emailAddresses?: string[];
}

export interface Administrator {
  code: string;
  key: string;
  name: string;
  emailAddress?: string;
  employeeKeys: string[];
}

/** `1` 出勤, `2` 退勤, `3` 休憩開始, `4` 休憩終了, `7` 外出, `8` 外出戻り. */
export const PUNCH_CODES = ['1', '2', '3', '4', '7', '8'] as const;
export type PunchCode = (typeof PUNCH_CODES)[number];

export interface Punch {
  /** Ours, for the page; the service shows none. */
  id: number;
  employeeKey: string;
  date: string;
  /** With seconds, +09:00. */
  time: string;
  code: PunchCode;
  divisionCode: string;
  /** 打刻方法. */
  mark: string;
  latitude?: number;
  longitude?: number;
}

export interface Switches {
  /** Whether everything but token calls and punches is shut: by the clock, always, never. */
  forbiddenHours: 'clock' | 'on' | 'off';
  /** Refuse a second punch of a kind on a day instead of taking it as one more. */
  alreadyPunched: boolean;
  /** 退勤打刻の自動上書き. */
  overwriteOut: boolean;
  outage: 'none' | 'unavailable' | 'maintenance' | 'too-many';
  /** Take the connection away before or after a punch was accepted. */
  timeout: 'none' | 'before' | 'after';
  latencyMs: number;
}

export interface State {
  company: { key: string; code: string; name: string };
  administrators: Administrator[];
  divisions: { code: string; name: string; dayBorderTime: string }[];
  workingTypes: { code: string; name: string }[];
  employees: Employee[];
  tokens: Token[];
  /** 許可IPアドレス. Empty lets nobody in, as with the real service. */
  allowedAddresses: string[];
  punches: Punch[];
  nextPunchId: number;
  /** 締め: every day up to this one is closed; null when none is. */
  closedThrough: string | null;
  switches: Switches;
}

/** The token a fresh stand-in accepts. Public samples have 38 lower-case characters. */
export const SANDBOX_TOKEN = 'sandbox0king0of0time0token000000000001';

export const ordinary: Switches = {
  forbiddenHours: 'clock',
  alreadyPunched: false,
  overwriteOut: true,
  outage: 'none',
  timeout: 'none',
  latencyMs: 0,
};

/** A company that has just switched the WebAPI on: nobody has punched yet. */
export function initialState(seed: DemoCompany): State {
  const employees = seed.employees.map(
    (employee, index): Employee => ({
      code: employee.code,
      key: employee.key,
      lastName: employee.lastName,
      firstName: employee.firstName,
      divisionCode: employee.division,
      typeCode: '1',
      gender: index % 2 === 0 ? 'female' : 'male',
      hiredDate: '2024-04-01',
      emailAddresses: [`${employee.code}@${seed.company.code}.example.jp`],
    }),
  );
  return {
    company: { key: 'c'.repeat(64), code: seed.company.code, name: seed.company.name },
    administrators: [
      {
        code: 'admin',
        key: 'a'.repeat(64),
        name: '管理者 太郎',
        emailAddress: `admin@${seed.company.code}.example.jp`,
        employeeKeys: employees.slice(0, 1).map(({ key }) => key),
      },
    ],
    divisions: seed.divisions.map(({ code, name, dayBorder }) => ({ code, name, dayBorderTime: dayBorder })),
    workingTypes: [
      { code: '1', name: '正社員' },
      { code: '2', name: 'パート' },
    ],
    employees,
    tokens: [{ token: SANDBOX_TOKEN, read: [...ITEMS], write: ['timerecord'], mark: 'PC' }],
    allowedAddresses: ['127.0.0.1', '::1', '::ffff:127.0.0.1'],
    punches: [],
    nextPunchId: 1,
    closedThrough: null,
    switches: { ...ordinary },
  };
}
