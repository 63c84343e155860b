import { isDeepStrictEqual } from 'node:util';
import { audit } from '../audit/audit.ts';
import { raiseSealedPasswordEpochs } from '../logon/epochs.ts';
import {
  COMPANY_RULES,
  type GroupMethods,
  groupMethodsOf,
  type LogonRules,
  logonRules,
  rulesOf,
  storeLogonSettings,
} from '../logon/logon-settings.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';
import { administrator, type LogonAdministration } from './logon-accounts.ts';

/**
 * Sets how the employees of a group log on. It holds at once, on each PC with its next policy; passwords that were sealed for OTP alone are
 * deleted, as another way to log on was agreed to with them. Setting the same again changes nothing.
 *
 * @throws AdministrationError `unknown-group`.
 */
export async function setGroupMethods(
  work: LogonAdministration,
  group: string,
  methods: GroupMethods,
): Promise<void> {
  const { store, company, atMs } = work;
  await store.transaction().execute(async (tx) => {
    await takeGroup(tx, company, group);
    const before = await groupMethodsOf(tx, company, group);
    if (before === methods) return;
    await storeLogonSettings(tx, company, group, { methods }, atMs);
    await raiseSealedPasswordEpochs(tx, company, group);
    const deed = { company, atMs, by: administrator(work) };
    await audit(tx, { ...deed, action: 'group-methods-set', detail: { group, before, methods } });
  });
}

/** It writes first, because a SQLite transaction that begins by reading cannot always go on to write. */
async function takeGroup(tx: Store, company: string, group: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('groups')
    .set(({ ref }) => ({ name: ref('name') }))
    .where('company', '=', company)
    .where('id', '=', group)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n)
    throw new AdministrationError('unknown-group', `The company has no group ${group}`);
}

/**
 * Changes a company's rules for its PCs; what is not named stays.
 *
 * @param changes unknown names are refused: a misspelt rule must not silently do nothing
 * @returns the rules in force now.
 * @throws AdministrationError `invalid-settings`.
 */
export async function setLogonRules(work: LogonAdministration, changes: unknown): Promise<LogonRules> {
  const { store, company, atMs } = work;
  const parsed = logonRules.partial().safeParse(changes);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AdministrationError(
      'invalid-settings',
      `${issue?.path.join('.') || 'rules'}: ${issue?.message}`,
    );
  }
  return store.transaction().execute(async (tx) => {
    await tx
      .updateTable('companies')
      .set(({ ref }) => ({ name: ref('name') }))
      .where('id', '=', company)
      .execute();
    const before = await rulesOf(tx, company);
    const rules = logonRules.parse({ ...before, ...(changes as Partial<LogonRules>) });
    if (isDeepStrictEqual(before, rules)) return rules;
    await storeLogonSettings(tx, company, COMPANY_RULES, rules, atMs);
    const deed = { company, atMs, by: administrator(work) };
    const detail = { before: JSON.stringify(before), rules: JSON.stringify(rules) };
    await audit(tx, { ...deed, action: 'logon-rules-set', detail });
    return rules;
  });
}
