import { BRIDGE_VERSIONS, MAX_LINE_BYTES, type RehearsalProblem } from '../../../contract/bridge.ts';
import type { SealedEvent } from '../../../contract/event.ts';
import type { AccountEnforcement } from '../../../contract/logon.ts';
import type { SignedStatement } from '../../../contract/statement.ts';
import { type DeviceKey, signStatement } from './device-key.ts';
import type { LogonState } from './hardware-messages.ts';
import type { Journal } from './journal.ts';
import type { Logon } from './logon/logon.ts';
import type { Progress } from './progress.ts';
import { BridgeRefusal, type BridgeService, commonVersion } from './protocol-session.ts';
import type { ReceiptVerdict } from './receipts.ts';
import type { RegistrationState } from './registration.ts';
import type { Reporter } from './reporter.ts';

export const BRIDGE_SOFTWARE_VERSION = '0.1.0-virtual';

export interface ServiceParts {
  key: DeviceKey;
  journal: Journal;
  progress: Progress;
  reporter: Reporter;
  logon: Pick<Logon, 'standing' | 'fetchSecret' | 'state'>;
  registration: () => RegistrationState | null;
  anchorFor: (nonce: string) => SignedStatement;
  takeReceipt: (receipt: Parameters<BridgeService['receipt']>[1]['receipt']) => Promise<ReceiptVerdict>;
  /** Progress was made that somebody may want to see. */
  onProgress: () => void;
}

/** Room for the frame of an answer around its records. */
const MAX_RECORDS_BYTES = MAX_LINE_BYTES - 4096;

const REFUSALS = {
  'receipt-invalid': 'The server did not make this receipt for this device',
  'unknown-journal': 'This is not the journal that is being written',
  'beyond-head': 'The journal does not reach that far',
} as const;

/** The methods of the bridge protocol over this bridge's parts. */
export function bridgeService(parts: ServiceParts): BridgeService {
  const { key, journal, progress, reporter, logon } = parts;
  const head = () => ({ id: journal.id, headSequence: journal.head.headSequence });

  return {
    hello: async (account, { versions }) => ({
      version: commonVersion(versions) ?? BRIDGE_VERSIONS[0],
      bridgeVersion: BRIDGE_SOFTWARE_VERSION,
      account,
      device: key.id,
      registration: parts.registration(),
      journal: head(),
    }),

    'journal.read': async (account, params) => {
      const position = startOfReading(params, journal.id, progress.acknowledgedThrough(account.sid));
      // A reader that is further than the journal learns where it ends.
      const after = Math.min(position, journal.head.headSequence);
      const records: SealedEvent[] = [];
      let through = after;
      let bytes = 0;
      for (const { event, sealed } of journal.after(after)) {
        const own = event.account?.sid === account.sid;
        const size = own ? Buffer.byteLength(JSON.stringify(sealed)) + 1 : 0;
        const full =
          records.length >= params.limit || (records.length > 0 && bytes + size > MAX_RECORDS_BYTES);
        if (own && full) return { journal: head(), records, through, more: true };
        if (own) records.push(sealed);
        bytes += size;
        through = event.sequence;
      }
      return { journal: head(), records, through, more: false };
    },

    'journal.acknowledge': async (account, params) => {
      if (params.journal !== journal.id) throw refuse('unknown-journal');
      if (params.through > journal.head.headSequence) throw refuse('beyond-head');
      const acknowledgedThrough = await progress.acknowledge(account.sid, params.through);
      parts.onProgress();
      return { acknowledgedThrough };
    },

    receipt: async (_account, { receipt }) => {
      const verdict = await parts.takeReceipt(receipt);
      if (!verdict.accepted) throw refuse(verdict.reason);
      return { receivedThrough: verdict.receivedThrough };
    },

    ticket: async (account, { nonce }) => {
      const registration = parts.registration();
      if (!registration)
        throw new BridgeRefusal('not-registered', 'The server does not know this device yet');
      const { server, company } = registration;
      const statement = { purpose: 'ticket', server, company, device: key.id, sid: account.sid, nonce };
      return { ticket: signStatement(key, statement), anchor: parts.anchorFor(nonce) };
    },

    sync: async () => reporter.now(),

    status: async () => ({
      registered: parts.registration() !== null,
      journal: head(),
      receivedThrough: progress.receivedThrough,
      lastSyncAt: reporter.lastSyncAt,
      lastProblem: reporter.lastProblem,
    }),

    'logon.standing': async ({ sid }) => ({ account: await logon.standing(sid) }),

    'logon.fetch-secret': ({ sid }, { code }) => logon.fetchSecret(sid, code),

    // The virtual PC shows its rehearsal by itself, in the window that asks for it: its bridge has none to open.
    'logon.rehearse': async ({ sid }) => {
      const standing = await logon.standing(sid);
      return { started: false, problem: whyNoRehearsal(logon.state.core, standing?.enforcement ?? null) };
    },
  };
}

/** A reader without a journal goes on where it acknowledged; one of another journal reads this one from its start. */
function startOfReading(
  params: { journal: string | null; after: number },
  current: string,
  acknowledgedThrough: number,
): number {
  if (params.journal === null) return acknowledgedThrough;
  return params.journal === current ? params.after : 0;
}

function whyNoRehearsal(core: LogonState['core'], enforcement: AccountEnforcement | null): RehearsalProblem {
  if (core !== 'available') return core === 'missing' ? 'no-provider' : 'cannot-start';
  if (!enforcement) return 'not-linked';
  return enforcement === 'none' ? 'nothing-to-rehearse' : 'cannot-start';
}

const refuse = (code: keyof typeof REFUSALS): BridgeRefusal => new BridgeRefusal(code, REFUSALS[code]);
