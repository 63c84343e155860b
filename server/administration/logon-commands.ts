import { z } from 'zod';
import { deviceId, sid } from '../../contract/ids.ts';
import { listAudit } from '../audit/audit.ts';
import { groupLogonSettings } from '../logon/logon-settings.ts';
import { listMails } from '../mail/queue.ts';
import { AdministrationError } from './administration-error.ts';
import { type Command, command, LISTED, ofCompany, type Tools, text } from './command.ts';
import { companyByCode } from './companies.ts';
import {
  issueCode,
  type LogonAdministration,
  linkForEmployee,
  sendAccountMail,
  setEmployeeMail,
  unlinkAccount,
} from './logon-accounts.ts';
import { answerEmergency, deleteCredentials, forgiveAttempts } from './logon-credentials.ts';
import { setGroupMethods, setLogonRules } from './logon-rules.ts';
import { listCredentials } from './logon-standing.ts';

const ofEmployee = { ...ofCompany, 'employee-code': text };
const ofAccount = { ...ofCompany, device: deviceId, sid };

/** Commands of logon. All of them take `--by NAME`, which the audit keeps. */
export const logonCommands: Readonly<Record<string, Command>> = {
  link: command(
    '--company CODE --device DEVICE --sid SID --employee-code CODE [--by NAME]',
    z.strictObject({ ...ofAccount, 'employee-code': text }),
    async (tools, { 'employee-code': code, device, sid: account, ...who }) => {
      const { linkedLogs } = await linkForEmployee(await workOf(tools, who), { device, sid: account }, code);
      return [`Linked to employee ${code}; ${linkedLogs} waiting logs are theirs now`];
    },
  ),
  unlink: command(
    '--company CODE --device DEVICE --sid SID [--by NAME]',
    z.strictObject(ofAccount),
    async (tools, { device, sid: account, ...who }) => {
      await unlinkAccount(await workOf(tools, who), { device, sid: account });
      return ['Unlinked; its logs so far stay where they are'];
    },
  ),
  'set-mail': command(
    '--company CODE --employee-code CODE --mail ADDRESS|none [--by NAME]',
    z.strictObject({
      ...ofEmployee,
      mail: z.union([z.literal('none').transform(() => null), z.email()]),
    }),
    async (tools, { 'employee-code': code, mail, ...who }) => {
      await setEmployeeMail(await workOf(tools, who), code, mail);
      return [mail === null ? `Employee ${code} gets no mails` : `Mails to employee ${code} go to ${mail}`];
    },
  ),
  'send-account-mail': command(
    '--company CODE --employee-code CODE [--by NAME]',
    z.strictObject(ofEmployee),
    async (tools, { 'employee-code': code, ...who }) => {
      const { recipient, expiresAtMs } = await sendAccountMail(await workOf(tools, who), code);
      return [`Queued to ${recipient}; the code in it is good until ${instant(expiresAtMs)}`];
    },
  ),
  'issue-code': command(
    '--company CODE --employee-code CODE [--by NAME]',
    z.strictObject(ofEmployee),
    async (tools, { 'employee-code': code, ...who }) => {
      const issued = await issueCode(await workOf(tools, who), code);
      return [
        issued.code,
        `Good once, until ${instant(issued.expiresAtMs)}. It is shown this once and kept nowhere.`,
      ];
    },
  ),
  'delete-credentials': command(
    '--company CODE --employee-code CODE --what otp|recovery-codes|sealed-password [--by NAME]',
    z.strictObject({ ...ofEmployee, what: z.enum(['otp', 'recovery-codes', 'sealed-password']) }),
    async (tools, { 'employee-code': code, what, ...who }) => {
      await deleteCredentials(await workOf(tools, who), code, what);
      return [`Deleted: ${what} of employee ${code}. Each PC follows when it next reaches the server.`];
    },
  ),
  'forgive-attempts': command(
    '--company CODE --employee-code CODE [--by NAME]',
    z.strictObject(ofEmployee),
    async (tools, { 'employee-code': code, ...who }) => {
      await forgiveAttempts(await workOf(tools, who), code);
      return [`Wrong codes of employee ${code} are forgiven; codes are on`];
    },
  ),
  'set-group-methods': command(
    '--company CODE --group GROUP --methods password|otp|password+otp|otp+password [--by NAME]',
    z.strictObject({ ...ofCompany, group: text, methods: groupLogonSettings.shape.methods }),
    async (tools, { group, methods, ...who }) => {
      await setGroupMethods(await workOf(tools, who), group, methods);
      return [`Group ${group} logs on by ${methods}`];
    },
  ),
  'set-logon-rules': command(
    '--company CODE --rules JSON [--by NAME]',
    z.strictObject({ ...ofCompany, rules: text }),
    async (tools, { rules, ...who }) => {
      return [JSON.stringify(await setLogonRules(await workOf(tools, who), asJson(rules)))];
    },
  ),
  'emergency-answer': command(
    '--company CODE --device DEVICE --sid SID --challenge CODE [--by NAME]',
    z.strictObject({ ...ofAccount, challenge: text }),
    async (tools, { device, sid: account, challenge, ...who }) => {
      const answer = await answerEmergency(await workOf(tools, who), { device, sid: account, challenge });
      return [answer, 'Good once, for ten minutes after the challenge was shown'];
    },
  ),
  'list-credentials': command('--company CODE', z.strictObject(ofCompany), async (tools, who) => {
    const { store, company, atMs } = await workOf(tools, who);
    const standings = await listCredentials(store, company, atMs);
    return standings.map((standing) => JSON.stringify(standing));
  }),
  'list-mails': command('--company CODE', z.strictObject(ofCompany), async (tools, who) => {
    const { store, company } = await workOf(tools, who);
    const mails = await listMails(store, company, LISTED);
    return mails.map(({ created_at, changed_at, ...mail }) =>
      JSON.stringify({ ...mail, createdAt: instant(created_at), changedAt: instant(changed_at) }),
    );
  }),
  'list-audit': command('--company CODE', z.strictObject(ofCompany), async (tools, who) => {
    const { store, company } = await workOf(tools, who);
    const all = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: LISTED };
    const entries = await listAudit(store, company, all);
    return entries.map(({ at, ...entry }) => JSON.stringify({ at: instant(at), ...entry }));
  }),
};

async function workOf(
  { store, secrets, clock }: Tools,
  { company: code, by }: { company: string; by: string },
): Promise<LogonAdministration> {
  const { id: company } = await companyByCode(store, code);
  return { store, secrets, company, by, atMs: clock.now() };
}

const instant = (ms: number): string => new Date(ms).toISOString();

function asJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new AdministrationError('invalid-settings', 'The rules are not JSON');
  }
}
