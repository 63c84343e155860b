import path from 'node:path';
import { z } from 'zod';
import { companyCode } from '../../../contract/ids.ts';
import type { DurableFiles } from './durable-file.ts';
import type { ServerConnection } from './server-connection.ts';

const storedRegistration = z.object({ server: z.url(), company: companyCode });
export type RegistrationState = z.infer<typeof storedRegistration>;

export interface RegistrationOptions {
  directory: string;
  files: DurableFiles;
  connection: ServerConnection;
  /** Origin of the server to register with. */
  server: string;
  company: string;
  accessToken: string;
  name: string;
  clientVersion: string;
}

/** Whether the server knows this device, and making it so. Events are recorded all the same while it does not. */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #file: string;
  #state: RegistrationState | null;

  private constructor(options: RegistrationOptions, file: string, state: RegistrationState | null) {
    this.#options = options;
    this.#file = file;
    this.#state = state;
  }

  /** A registration with another server or company than the one asked for counts as none. */
  static async open(options: RegistrationOptions): Promise<Registration> {
    const file = path.join(options.directory, 'registration.json');
    const content = await options.files.read(file);
    const stored = content && parse(content.toString('utf8'));
    const same = stored?.server === options.server && stored.company === options.company;
    return new Registration(options, file, same ? stored : null);
  }

  get state(): RegistrationState | null {
    return this.#state;
  }

  /** @throws {ServerProblem} when the server cannot be reached or does not want this device. */
  async ensure(): Promise<void> {
    if (this.#state) return;
    const { files, connection, server, company, accessToken, name, clientVersion } = this.#options;
    await connection.register({ company, accessToken, name, clientVersion });
    const state = { server, company };
    await files.replace(this.#file, JSON.stringify(state));
    this.#state = state;
  }

  /** After the server said it does not know the device, as when its store was made anew. */
  forget(): void {
    this.#state = null;
  }
}

function parse(text: string): RegistrationState | null {
  try {
    return storedRegistration.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
