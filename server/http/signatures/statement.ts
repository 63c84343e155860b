import type { KeyObject } from 'node:crypto';
import type { z } from 'zod';
import {
  ANCHOR_LIMIT_MS,
  anchorStatement,
  type SignedStatement,
  statementInput,
} from '../../../contract/statement.ts';
import type { AnsweredAnchor } from '../../logs/types.ts';
import type { FreshNonce } from '../nonces/nonces.ts';
import { verifySignature } from './keys.ts';

/** The statement's content, not yet believed; null when it is not of this form. */
export function readStatement<T extends z.ZodType>(
  schema: T,
  { statement }: SignedStatement,
): z.infer<T> | null {
  try {
    return schema.parse(JSON.parse(statement));
  } catch {
    return null;
  }
}

/** Whether the key's owner said this, to the letter. */
export const statementVerifies = (key: KeyObject, { statement, signature }: SignedStatement): boolean =>
  verifySignature(key, statementInput(statement), Buffer.from(signature, 'base64url'));

/** What an anchor must answer to be counted. */
export interface AnchorFrame {
  origin: string;
  device: string;
  key: KeyObject;
  nonce: FreshNonce;
  /** When the request that brought it arrived. */
  arrivedAtMs: number;
}

export type AnchorVerdict =
  | { counted: true; anchor: AnsweredAnchor }
  | {
      counted: false;
      why: 'malformed' | 'other-device' | 'other-nonce' | 'other-server' | 'bad-signature' | 'late';
    };

/** Decides whether an anchor says something about the time: this device's answer to this request's nonce, and a quick one. */
export function judgeAnchor(signed: SignedStatement, frame: AnchorFrame): AnchorVerdict {
  const statement = readStatement(anchorStatement, signed);
  if (statement && statement.device !== frame.device) return { counted: false, why: 'other-device' };
  if (!statementVerifies(frame.key, signed)) return { counted: false, why: 'bad-signature' };
  if (!statement) return { counted: false, why: 'malformed' };
  if (statement.server !== frame.origin) return { counted: false, why: 'other-server' };
  const { nonce, issuedAtMs } = frame.nonce;
  if (statement.nonce !== nonce) return { counted: false, why: 'other-nonce' };
  const tookMs = frame.arrivedAtMs - issuedAtMs;
  // Below zero: two server clocks disagree, and the answer's place is as unknown as a late one's.
  if (tookMs < 0 || tookMs > ANCHOR_LIMIT_MS) return { counted: false, why: 'late' };
  return { counted: true, anchor: { statement, issuedAtMs, answeredAtMs: frame.arrivedAtMs } };
}
