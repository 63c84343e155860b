/** What KING OF TIME answers, as far as we use it. It leaves out what has no value, and may add fields. */
import { z } from 'zod';

/** `1` 出勤, `2` 退勤, `3` 休憩開始, `4` 休憩終了; clients in the wild see numbers as well. */
const punchCode = z.union([z.string(), z.number()]).transform(String);

const timeRecord = z.looseObject({
  time: z.string(),
  code: punchCode,
  credentialName: z.string().optional(),
});

/** Answer to a registration: `timeRecord` is one object here. */
export const registeredPunch = z.looseObject({
  date: z.string(),
  employeeKey: z.string(),
  timeRecord,
});
export type RegisteredPunch = z.infer<typeof registeredPunch>;

/** Punches by day and employee: `timeRecord` is a list here. */
export const punchDays = z.array(
  z.looseObject({
    date: z.string(),
    dailyWorkings: z.array(
      z.looseObject({
        date: z.string(),
        employeeKey: z.string(),
        timeRecord: z.array(timeRecord).default([]),
      }),
    ),
  }),
);
export type PunchDays = z.infer<typeof punchDays>;

/** Totals by day and employee. `isClosing` is 締め. */
export const workingDays = z.array(
  z.looseObject({
    date: z.string(),
    dailyWorkings: z.array(
      z.looseObject({ date: z.string(), employeeKey: z.string(), isClosing: z.boolean().optional() }),
    ),
  }),
);
export type WorkingDays = z.infer<typeof workingDays>;

export const tokenState = z.looseObject({ available: z.boolean() });

export const companyAnswer = z.looseObject({ key: z.string(), code: z.string(), name: z.string() });

export const divisionsAnswer = z.array(
  z.looseObject({ code: z.string(), name: z.string(), dayBorderTime: z.string() }),
);

export const employeesAnswer = z.array(
  z.looseObject({
    key: z.string(),
    code: z.string(),
    lastName: z.string(),
    firstName: z.string(),
    divisionCode: z.string().optional(),
    hiredDate: z.string().optional(),
    resignationDate: z.string().optional(),
    emailAddresses: z.array(z.string()).optional(),
  }),
);
