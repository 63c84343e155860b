import { v7 } from 'uuid';
import type { AuditTable } from '../store/schema-logon.ts';
import type { Store } from '../store/store.ts';

/** Who did it: an administrator by name, a person by their account, or a device by itself. */
export type Actor = { kind: 'administrator' | 'employee' | 'device'; name: string };

/** Everything that is audited. A word is never reused for another deed. */
export type AuditedAction =
  | 'account-linked'
  | 'account-unlinked'
  | 'account-mail-queued'
  | 'one-time-code-issued'
  | 'otp-enrolment-started'
  | 'otp-enrolled'
  | 'otp-deleted'
  | 'otp-secret-released'
  | 'recovery-codes-made'
  | 'recovery-codes-deleted'
  | 'recovery-code-used'
  | 'sealed-password-deletion-ordered'
  | 'attempts-forgiven'
  | 'codes-off'
  | 'enforcement-lapsed'
  | 'group-methods-set'
  | 'logon-rules-set'
  | 'employee-mail-set'
  | 'emergency-answered'
  | 'punch-released'
  | 'punch-time-entered'
  | 'task-dismissed'
  | 'finding-closed';

export interface Audited {
  company: string;
  atMs: number;
  by: Actor;
  action: AuditedAction;
  employee?: string | null;
  device?: string | null;
  sid?: string | null;
  /** What else is worth knowing; never a code, secret or password. */
  detail?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Writes down who did what to whom. Belongs into the transaction of the deed: neither stands without the other. */
export async function audit(tx: Store, deed: Audited): Promise<void> {
  await tx
    .insertInto('audit')
    .values({
      company: deed.company,
      id: v7({ msecs: deed.atMs, seq: nextInOrder() }),
      at: deed.atMs,
      actor_kind: deed.by.kind,
      actor: deed.by.name,
      action: deed.action,
      employee: deed.employee ?? null,
      device: deed.device ?? null,
      sid: deed.sid ?? null,
      detail: JSON.stringify(deed.detail ?? {}),
    })
    .execute();
}

/** Keeps deeds of one millisecond in the order in which this process wrote them. */
let written = 0;
function nextInOrder(): number {
  written = (written + 1) % 2 ** 31;
  return written;
}

export type AuditEntry = Omit<AuditTable, 'company'>;

/** A company's audit, newest first. */
export async function listAudit(
  store: Store,
  company: string,
  { fromMs, toMs, limit }: { fromMs: number; toMs: number; limit: number },
): Promise<AuditEntry[]> {
  return store
    .selectFrom('audit')
    .select(['id', 'at', 'actor_kind', 'actor', 'action', 'employee', 'device', 'sid', 'detail'])
    .where('company', '=', company)
    .where('at', '>=', fromMs)
    .where('at', '<', toMs)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
