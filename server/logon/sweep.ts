import type { Store } from '../store/store.ts';

/** Deletes one-time codes, permissions to enrol and unconfirmed enrolments, with their secrets, that ended before an instant. */
export async function sweepLogon(store: Store, beforeMs: number): Promise<void> {
  for (const table of ['one_time_codes', 'enrolment_grants', 'otp_enrolments'] as const) {
    await store.deleteFrom(table).where('expires_at', '<', beforeMs).execute();
  }
}
