import type { DeviceRole } from '../../contract/device.ts';
import type { ServerReceipt } from '../../contract/event.ts';
import type { Me } from '../../contract/me.ts';
import type { AnchorStatement } from '../../contract/statement.ts';
import type { EventVerdict } from '../../contract/upload.ts';

/** Who brings events, as the server made sure of it: never taken from what the upload itself says. */
export interface Reporter {
  company: string;
  device: string;
  role: DeviceRole;
  /** `client`: a bearer token of one account; `device`: the device itself, by its signature. */
  way: 'client' | 'device';
  /** The account of the token; null when the device speaks for itself. */
  sid: string | null;
  ip: string;
  clientVersion: string;
}

/** An anchor whose signature, device and nonce were checked, with the times between which it was made. */
export interface AnsweredAnchor {
  statement: AnchorStatement;
  issuedAtMs: number;
  answeredAtMs: number;
}

/** Stores events, in one transaction; the verdicts stand in the order of the events. */
export type Ingest = (
  reporter: Reporter,
  events: readonly unknown[],
  anchor: AnsweredAnchor | null,
) => Promise<{ verdicts: EventVerdict[]; receipts: ServerReceipt[] }>;

/** Keeps an anchor that came with a ticket. */
export type RecordAnchor = (company: string, anchor: AnsweredAnchor) => Promise<void>;

/** What the client shows the person of this account on this device. */
export type ReadMe = (who: { company: string; device: string; sid: string }) => Promise<Me>;
