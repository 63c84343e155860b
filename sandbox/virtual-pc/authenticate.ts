import type { Sid } from '../../contract/ids.ts';
import type { Credentials } from './tile-messages.ts';

/** A person who may use the PC. */
export interface PcUser {
  sid: Sid;
  domain: string;
  name: string;
  /** As people read it. */
  displayName: string;
}

export type Authentication =
  /** `method` is recorded with the logon or unlock, such as `password` or `otp+password`. */
  { accepted: true; method: string } | { accepted: false; reason: 'password-missing' | 'wrong-credentials' };

/** Decides whether somebody is who they say. The one place where a real logon core takes over. */
export type Authenticate = (user: PcUser, credentials: Credentials) => Promise<Authentication>;

/** Any password but none. It proves nothing; the page says so. */
export const anyPassword: Authenticate = async (_user, { password = '' }) =>
  password === '' ? { accepted: false, reason: 'password-missing' } : { accepted: true, method: 'password' };
