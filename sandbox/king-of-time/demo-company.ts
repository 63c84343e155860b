import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * A company as a JSON file: read here to fill the stand-in, and by the server's `import-company`. The stand-in
 * needs no group and so does not look at their settings.
 */
export const demoCompany = z.object({
  company: z.object({ code: z.string(), name: z.string() }),
  divisions: z.array(z.object({ code: z.string(), name: z.string(), dayBorder: z.string() })),
  groups: z.array(z.looseObject({ id: z.string(), name: z.string() })),
  employees: z.array(
    z.object({
      /** 従業員識別キー: 64 hex characters that never change. */
      key: z.string().regex(/^[0-9a-f]{64}$/),
      code: z.string(),
      lastName: z.string(),
      firstName: z.string(),
      division: z.string(),
      group: z.string().nullable(),
    }),
  ),
});
export type DemoCompany = z.infer<typeof demoCompany>;

/**
 * @param file path or URL of a company file.
 * @throws when the file cannot be read or has another form.
 */
export function readDemoCompany(file: string | URL): DemoCompany {
  return demoCompany.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** The company `npm start` shows. */
export const demoCompanyFile: URL = new URL('../demo/company.json', import.meta.url);
