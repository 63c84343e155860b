import type { Sid } from '../../contract/ids.ts';

/** A person who may use the PC. */
export interface PcUser {
  sid: Sid;
  domain: string;
  name: string;
  /** As people read it. */
  displayName: string;
  /** Their Windows password. The page shows it: this PC is there to be tried. */
  password: string;
  /** Of this PC; not unless said. */
  administrator?: boolean | undefined;
}

/** Windows' own accounts with their passwords: what the LSA would judge. Nobody is ever locked out by it. */
export class WindowsAccounts {
  readonly #users: readonly PcUser[];

  constructor(users: readonly PcUser[]) {
    this.#users = users;
  }

  /** Null when nobody with this SID may use the PC. */
  of(sid: Sid): PcUser | null {
    return this.#users.find((user) => user.sid === sid) ?? null;
  }

  /** Whether it is the password of the account. */
  takes(sid: Sid, password: string): boolean {
    return this.of(sid)?.password === password;
  }
}
