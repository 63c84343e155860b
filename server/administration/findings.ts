import { audit } from '../audit/audit.ts';
import { contestedJournals } from '../logs/findings.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';
import { type AttendanceAdministration, administrator } from './punches.ts';

/** Open findings with what shows them, oldest first. */
export function listFindings(store: Store, company: string, limit: number) {
  return store
    .selectFrom('findings')
    .leftJoin('devices', (join) =>
      join.onRef('devices.company', '=', 'findings.company').onRef('devices.id', '=', 'findings.device'),
    )
    .select(['findings.id', 'findings.device', 'devices.name', 'findings.journal', 'findings.kind'])
    .select(['findings.sequence', 'findings.evidence', 'findings.found_at'])
    .where('findings.company', '=', company)
    .where('findings.closed_at', 'is', null)
    .orderBy('findings.found_at')
    .orderBy('findings.id')
    .limit(limit)
    .execute();
}

/**
 * Closes a finding as dealt with; its evidence stays. Once nothing contests its journal any more, receipts say again what is
 * held, and the PC may compact that. Audited with the deed.
 *
 * @returns whether two histories of its journal are still told, by other findings that are open.
 * @throws AdministrationError `unknown-finding`.
 */
export async function closeFinding(
  work: AttendanceAdministration,
  finding: string,
): Promise<{ isContested: boolean }> {
  const { store, clock, company } = work;
  return store.transaction().execute(async (tx) => {
    const atMs = clock.now();
    const closed = await tx
      .updateTable('findings')
      .set({ closed_at: atMs })
      .where('company', '=', company)
      .where('id', '=', finding)
      .where('closed_at', 'is', null)
      .returning(['device', 'journal', 'kind', 'sequence'])
      .executeTakeFirst();
    if (!closed) throw new AdministrationError('unknown-finding', `No finding ${finding} is open`);
    const { device, journal, kind, sequence } = closed;
    const deed = { company, atMs, by: administrator(work), device };
    await audit(tx, { ...deed, action: 'finding-closed', detail: { finding, journal, kind, sequence } });
    const contested = await contestedJournals(tx, { company, device });
    return { isContested: journal !== null && contested.has(journal) };
  });
}
