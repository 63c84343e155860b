import { z } from 'zod';
import { companyCode } from '../../contract/ids.ts';
import { AdministrationError } from './administration-error.ts';
import { readSettings } from './settings.ts';

/** Codes are text: `007` stays `007`, and a bare number is refused because its zeros are lost already. */
const code = z.string().min(1).max(64);

/** A company with everything known of it, as a file. Unknown fields are errors, for a typing mistake would look like a deletion. */
const companyFile = z.strictObject({
  company: z.strictObject({
    code: companyCode,
    name: z.string().min(1),
    /** See server/settings/group-settings.ts. */
    settings: z.unknown().optional(),
  }),
  divisions: z
    .array(
      z.strictObject({
        code,
        name: z.string(),
        dayBorder: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM'),
      }),
    )
    .default([]),
  groups: z
    .array(z.strictObject({ id: code, name: z.string().min(1), settings: z.unknown().optional() }))
    .default([]),
  employees: z
    .array(
      z.strictObject({
        /** The attendance service's own key of the employee, which never changes. */
        key: code,
        code,
        lastName: z.string(),
        firstName: z.string(),
        division: code.nullable().default(null),
        group: code.nullable().default(null),
        source: z.enum(['client', 'smarton', 'lanscope', 'malion', 'senselink']).default('client'),
        hiredOn: z.iso.date().nullable().default(null),
        /** Where account mails go; left out, what is known stays. */
        mail: z.email().nullable().optional(),
      }),
    )
    .default([]),
});
export type CompanyFile = z.infer<typeof companyFile>;

/**
 * Reads the text of a company file and checks that it fits together: nothing named twice, nothing referred to that is not there.
 *
 * @throws AdministrationError `invalid-file`, `invalid-settings`.
 */
export function readCompanyFile(text: string): CompanyFile {
  const file = parse(text);
  refuseTwice(
    'divisions',
    file.divisions.map((division) => division.code),
  );
  refuseTwice(
    'groups',
    file.groups.map((group) => group.id),
  );
  refuseTwice(
    'employees (key)',
    file.employees.map((employee) => employee.key),
  );
  refuseTwice(
    'employees (code)',
    file.employees.map((employee) => employee.code),
  );
  for (const { settings } of [file.company, ...file.groups]) {
    if (settings !== undefined) readSettings(settings);
  }
  return file;
}

function parse(text: string): CompanyFile {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new AdministrationError('invalid-file', 'The file is not JSON');
  }
  const { success, data, error } = companyFile.safeParse(content);
  if (success) return data;
  const issues = error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`);
  throw new AdministrationError('invalid-file', issues.join('; '));
}

function refuseTwice(where: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new AdministrationError('invalid-file', `${where}: ${name} is there twice`);
    seen.add(name);
  }
}
