import { z } from 'zod';
import { sid as sidSchema } from '../../contract/ids.ts';
import { deviceRules, type LogonMethods, logonMethods } from '../../contract/logon.ts';
import type { Store } from '../store/store.ts';
import type { Employee } from './accounts.ts';

/** What a company decides of logon on its PCs; the names are those of the contract's `deviceRules`. */
export const logonRules = z.strictObject({
  enforcement: z.boolean().default(true),
  probationDays: z.number().int().positive().max(90).default(14),
  whenBridgeDown: deviceRules.shape.whenBridgeDown.default('password-only'),
  breakGlassSids: z.array(sidSchema).max(100).default([]),
  prompts: z.boolean().default(false),
  smartCards: z.boolean().default(true),
  sealedPassword: deviceRules.shape.sealedPassword.default('allowed'),
});
export type LogonRules = z.infer<typeof logonRules>;

/** What a group decides. `either` is not a group's to choose. */
export const groupLogonSettings = z.strictObject({ methods: logonMethods.exclude(['either']) });
export type GroupMethods = z.infer<typeof groupLogonSettings>['methods'];

/** `group_id` of the company's own. */
export const COMPANY_RULES = '';

/** A company's rules; what was never set is as it is by default. */
export async function rulesOf(store: Store, company: string): Promise<LogonRules> {
  return logonRules.parse(JSON.parse((await stored(store, company, COMPANY_RULES)) ?? '{}'));
}

/** Password alone, until the group says otherwise. */
export async function groupMethodsOf(store: Store, company: string, group: string): Promise<GroupMethods> {
  const settings = await stored(store, company, group);
  return settings === null ? 'password' : groupLogonSettings.parse(JSON.parse(settings)).methods;
}

/** How an employee logs on: as the group says, and in no group by either. */
export async function methodsOf(
  store: Store,
  { company, group_id }: Pick<Employee, 'company' | 'group_id'>,
): Promise<LogonMethods> {
  return group_id === null ? 'either' : groupMethodsOf(store, company, group_id);
}

/** Whether these methods ever ask for a code without being asked to. */
export const asksForCode = (methods: LogonMethods): boolean => methods !== 'password' && methods !== 'either';

export async function storeLogonSettings(
  tx: Store,
  company: string,
  group_id: string,
  settings: LogonRules | z.infer<typeof groupLogonSettings>,
  changed_at: number,
): Promise<void> {
  const row = { settings: JSON.stringify(settings), changed_at };
  await tx
    .insertInto('logon_settings')
    .values({ company, group_id, ...row })
    .onConflict((conflict) => conflict.columns(['company', 'group_id']).doUpdateSet(row))
    .execute();
}

async function stored(store: Store, company: string, group: string): Promise<string | null> {
  const row = await store
    .selectFrom('logon_settings')
    .select('settings')
    .where('company', '=', company)
    .where('group_id', '=', group)
    .executeTakeFirst();
  return row?.settings ?? null;
}
