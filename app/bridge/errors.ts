import type { BridgeErrorCode } from '../../contract/bridge.ts';

/**
 * Why the bridge gave no result: one of its own codes (contract/bridge.ts), or
 *
 * - `closed`: there is no connection, or it ended before the answer;
 * - `timed-out`: no answer in time; the connection was closed, since nothing on it can be relied on;
 * - `malformed-answer`: an answer that does not fit the contract; closed as well.
 *
 * Another code is a newer bridge's.
 */
export type BridgeFailureCode = BridgeErrorCode | 'closed' | 'timed-out' | 'malformed-answer' | (string & {});

export class BridgeError extends Error {
  readonly code: BridgeFailureCode;

  constructor(code: BridgeFailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BridgeError';
    this.code = code;
  }
}
