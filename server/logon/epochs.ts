import { sql } from 'kysely';
import type { LogonEpochTable } from '../store/schema-logon.ts';
import type { Store } from '../store/store.ts';

type Epoch = 'sealed_password' | 'forgiven';

/** How often deletion of sealed passwords was ordered and failures were forgiven, for one employee. */
export async function epochsOf(
  store: Store,
  company: string,
  employee: string,
): Promise<Pick<LogonEpochTable, Epoch>> {
  const row = await store
    .selectFrom('logon_epochs')
    .select(['sealed_password', 'forgiven'])
    .where('company', '=', company)
    .where('employee', '=', employee)
    .executeTakeFirst();
  return row ?? { sealed_password: 0, forgiven: 0 };
}

/** Says it once more: every PC that knows a lower number does what it stands for. */
export async function raiseEpoch(tx: Store, company: string, employee: string, epoch: Epoch): Promise<void> {
  await tx
    .insertInto('logon_epochs')
    .values({ company, employee, sealed_password: 0, forgiven: 0, [epoch]: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['company', 'employee'])
        .doUpdateSet({ [epoch]: sql`${sql.ref(`logon_epochs.${epoch}`)} + 1` }),
    )
    .execute();
}

/** The same for everybody in a group, in one statement. */
export async function raiseSealedPasswordEpochs(tx: Store, company: string, group: string): Promise<void> {
  await tx
    .insertInto('logon_epochs')
    .columns(['company', 'employee', 'sealed_password', 'forgiven'])
    .expression((select) =>
      select
        .selectFrom('employees')
        .select(({ lit }) => ['company', 'id', lit(1).as('sealed_password'), lit(0).as('forgiven')])
        .where('company', '=', company)
        .where('group_id', '=', group),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['company', 'employee'])
        .doUpdateSet({ sealed_password: sql`logon_epochs.sealed_password + 1` }),
    )
    .execute();
}
