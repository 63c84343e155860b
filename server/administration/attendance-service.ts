import { attendanceTokenPurpose } from '../secrets/purposes.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import { AdministrationError } from './administration-error.ts';

const LOCAL_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Says how a company's attendance service is reached and turns forwarding on; replaces what was said before.
 *
 * @param token the service's API token; kept sealed.
 * @throws AdministrationError `invalid-address`: the token must not travel unencrypted, except to this same machine.
 */
export async function setAttendanceService(
  store: Store,
  secrets: Secrets,
  { company, url, token }: { company: string; url: string; token: string },
): Promise<void> {
  const { protocol, hostname } = readUrl(url);
  if (protocol !== 'https:' && !(protocol === 'http:' && LOCAL_HOSTS.includes(hostname))) {
    throw new AdministrationError('invalid-address', 'The address must begin with https://');
  }
  const row = {
    base_url: url.replace(/\/+$/, ''),
    sealed_token: secrets.seal(Buffer.from(token), attendanceTokenPurpose(company)),
    enabled: 1 as const,
  };
  await store
    .insertInto('attendance_services')
    .values({ company, ...row })
    .onConflict((conflict) => conflict.column('company').doUpdateSet(row))
    .execute();
}

function readUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new AdministrationError('invalid-address', `${url} is not an address`);
  }
}
