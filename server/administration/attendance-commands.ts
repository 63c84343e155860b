import { z } from 'zod';
import { type Command, command, instant, LISTED, ofCompany, type Tools, text } from './command.ts';
import { companyByCode } from './companies.ts';
import { closeFinding, listFindings } from './findings.ts';
import {
  type AttendanceAdministration,
  dismissTask,
  enterPunchTime,
  listHeld,
  listTasks,
  releasePunch,
} from './punches.ts';

/** Commands for what waits for a person: held and failed punches, tasks, findings. Those that change something take `--by NAME`. */
export const attendanceCommands: Readonly<Record<string, Command>> = {
  'list-held': command('--company CODE', z.strictObject(ofCompany), async (tools, who) => {
    const { store, company } = await workOf(tools, who);
    return listed(await listHeld(store, company, LISTED + 1), (punch) => ({
      row: punch.id,
      employeeCode: punch.code,
      date: punch.date,
      kind: punch.kind,
      at: iso(punch.at),
      state: punch.state,
      hold: punch.hold,
      problem: punch.last_problem,
    }));
  }),
  release: command(
    '--company CODE --row ROW [--by NAME]  (sends a held punch, or a failed one again)',
    z.strictObject({ ...ofCompany, row: text }),
    async (tools, { row, ...who }) => {
      await releasePunch(await workOf(tools, who), row);
      return [`Punch ${row} released; the server sends it`];
    },
  ),
  'enter-time': command(
    '--company CODE --employee-code CODE --date YYYY-MM-DD --kind in|out --at INSTANT [--by NAME]',
    z.strictObject({
      ...ofCompany,
      'employee-code': text,
      date: z.iso.date(),
      kind: z.enum(['in', 'out']),
      at: instant,
    }),
    async (tools, { 'employee-code': employeeCode, date, kind, at, ...who }) => {
      await enterPunchTime(await workOf(tools, who), { employeeCode, date, kind, at });
      const punch = kind === 'in' ? '出勤' : '退勤';
      return [`${punch} of employee ${employeeCode} on ${date} is ${iso(at)}; the server sends it`];
    },
  ),
  'list-tasks': command('--company CODE', z.strictObject(ofCompany), async (tools, who) => {
    const { store, company } = await workOf(tools, who);
    return listed(await listTasks(store, company, LISTED + 1), (task) => ({
      task: task.id,
      employeeCode: task.code,
      date: task.date,
      kind: task.kind,
      detail: task.detail,
      createdAt: iso(task.created_at),
    }));
  }),
  'dismiss-task': command(
    '--company CODE --task TASK [--by NAME]',
    z.strictObject({ ...ofCompany, task: text }),
    async (tools, { task, ...who }) => {
      await dismissTask(await workOf(tools, who), task);
      return [`Task ${task} dismissed; the same trouble is not reported again`];
    },
  ),
  'list-findings': command('--company CODE', z.strictObject(ofCompany), async (tools, who) => {
    const { store, company } = await workOf(tools, who);
    return listed(await listFindings(store, company, LISTED + 1), (finding) => ({
      finding: finding.id,
      kind: finding.kind,
      device: finding.device,
      deviceName: finding.name,
      journal: finding.journal,
      sequence: finding.sequence,
      foundAt: iso(finding.found_at),
      evidence: finding.evidence,
    }));
  }),
  'close-finding': command(
    '--company CODE --finding FINDING [--by NAME]',
    z.strictObject({ ...ofCompany, finding: text }),
    async (tools, { finding, ...who }) => {
      const { isContested } = await closeFinding(await workOf(tools, who), finding);
      return [
        `Finding ${finding} closed; its evidence stays`,
        ...(isContested ? ['Its journal gets no receipts yet: other findings on it are open'] : []),
      ];
    },
  ),
};

async function workOf(
  { store, clock }: Tools,
  { company: code, by }: { company: string; by: string },
): Promise<AttendanceAdministration> {
  const { id: company } = await companyByCode(store, code);
  return { store, clock, company, by };
}

/** One line of JSON a row; a last line where there are more than a list shows. */
function listed<T>(rows: readonly T[], shown: (row: T) => object): string[] {
  const lines = rows.slice(0, LISTED).map((row) => JSON.stringify(shown(row)));
  return rows.length > LISTED
    ? [...lines, `There are more; these are the ${LISTED} that have waited longest`]
    : lines;
}

const iso = (ms: number): string => new Date(ms).toISOString();
