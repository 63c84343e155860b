import { z } from 'zod';
import { deviceRole } from '../../contract/device.ts';
import { companyCode, deviceId } from '../../contract/ids.ts';
import { issueToken, listTokens, revokeToken } from './access-tokens.ts';
import { attendanceCommands } from './attendance-commands.ts';
import { setAttendanceService } from './attendance-service.ts';
import { type Command, command, instant, text } from './command.ts';
import { companyByCode, createCompany } from './companies.ts';
import { readCompanyFile } from './company-file.ts';
import { retireDevice } from './devices.ts';
import { importCompany } from './import-company.ts';
import { logonCommands } from './logon-commands.ts';
import { resealAll } from './reseal.ts';
import { COMPANY_ITSELF, readSettings, setSettings } from './settings.ts';

const expiry = z.union([z.literal('never').transform(() => null), instant], {
  error: 'must be like 2027-01-01T00:00:00+09:00, or never',
});
const count = z
  .string()
  .regex(/^[1-9]\d{0,5}$/, 'must be a number from 1')
  .transform(Number);

export const commands: Readonly<Record<string, Command>> = {
  'create-company': command(
    '--code CODE --name NAME',
    z.strictObject({ code: companyCode, name: text }),
    async ({ store, clock }, { code, name }) => {
      const company = await createCompany(store, { code, name, atMs: clock.now() });
      return [`Company ${company.code} created`];
    },
  ),
  'import-company': command(
    'FILE|-',
    z.strictObject({ file: text }),
    async ({ store, clock, readText }, { file }) => {
      const content = readCompanyFile(await readText(file));
      const company = await importCompany(store, content, clock.now());
      return [`Company ${company.code} imported: ${content.employees.length} employees`];
    },
  ),
  'issue-token': command(
    '--company CODE --role client|smarton|lanscope --limit DEVICES --expires INSTANT|never',
    z.strictObject({ company: companyCode, role: deviceRole, limit: count, expires: expiry }),
    async ({ store }, { company, role, limit, expires }) => {
      const { id: companyId } = await companyByCode(store, company);
      const terms = { role, deviceLimit: limit, expiresAtMs: expires };
      const { id, token } = await issueToken(store, companyId, terms);
      return [token, `Token id ${id}. The token is shown this once and kept nowhere; the id revokes it.`];
    },
  ),
  'list-tokens': command(
    '--company CODE',
    z.strictObject({ company: companyCode }),
    async ({ store }, { company }) => {
      const tokens = await listTokens(store, (await companyByCode(store, company)).id);
      return tokens.map((token) =>
        [
          token.id,
          token.role,
          `devices ${token.devices}/${token.device_limit}`,
          `expires ${token.expires_at === null ? 'never' : new Date(token.expires_at).toISOString()}`,
          ...(token.revoked_at === null ? [] : [`revoked ${new Date(token.revoked_at).toISOString()}`]),
        ].join('  '),
      );
    },
  ),
  'revoke-token': command(
    '--company CODE --id TOKEN-ID',
    z.strictObject({ company: companyCode, id: text }),
    async ({ store, clock }, { company, id }) => {
      await revokeToken(store, (await companyByCode(store, company)).id, id, clock.now());
      return [`Token ${id} revoked; its devices stay registered`];
    },
  ),
  'retire-device': command(
    '--company CODE --device DEVICE',
    z.strictObject({ company: companyCode, device: deviceId }),
    async ({ store, clock }, { company, device }) => {
      await retireDevice(store, (await companyByCode(store, company)).id, device, clock.now());
      return [`Device ${device} retired; its records stay`];
    },
  ),
  'attendance-service': command(
    '--company CODE --url URL --token TOKEN|- [--from YYYY-MM-DD]  (- reads it from standard input; from: first workday to forward)',
    z.strictObject({ company: companyCode, url: text, token: text, from: z.iso.date().optional() }),
    async ({ store, secrets, readText }, { company, url, token: given, from = null }) => {
      const { id } = await companyByCode(store, company);
      const token = text.parse(given === '-' ? (await readText('-')).trim() : given);
      await setAttendanceService(store, secrets, { company: id, url, token, forwardFrom: from });
      return [`Punches of ${company} go to ${url}`];
    },
  ),
  'set-settings': command(
    '--company CODE [--group GROUP] --from YYYY-MM-DD|soonest --settings JSON  (no group: the company)',
    z.strictObject({
      company: companyCode,
      group: text.default(COMPANY_ITSELF),
      from: z.union([z.literal('soonest'), z.iso.date()], { error: 'must be YYYY-MM-DD, or soonest' }),
      settings: text,
    }),
    async ({ store, clock }, { company, group, from, settings }) => {
      const { id } = await companyByCode(store, company);
      const change = { company: id, group, from, settings: readSettings(asJson(settings)) };
      const effective = await setSettings(store, { ...change, atMs: clock.now() });
      return [`In force from ${effective === '' ? 'the first day on' : effective}`];
    },
  ),
  ...attendanceCommands,
  ...logonCommands,
  reseal: command(
    '(seals every secret under the newest master key)',
    z.strictObject({}),
    async ({ store, secrets }) => {
      const count = await resealAll(store, secrets);
      return [`${count} secrets sealed anew; master keys after the first are not needed any more`];
    },
  ),
};

function asJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
