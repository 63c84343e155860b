import type { BridgeErrorCode } from '../../contract/bridge.ts';
import type { BridgePipeCode } from '../../native/addon/types.ts';

/**
 * Why the bridge gave no result: one of its own codes (contract/bridge.ts), or
 *
 * - `closed`: there is no connection, or it ended before the answer;
 * - `timed-out`: no answer in time; the connection was closed, since nothing on it can be relied on;
 * - `malformed-answer`: an answer that does not fit the contract; closed as well;
 * - `bridge-absent`, `bridge-not-trusted`, `bridge-busy`: on Windows, no pipe was opened (native/addon/types.ts);
 * - `addon-missing`: on Windows, what opens the pipe and checks it is not there, so that none may be opened.
 *
 * Another code is a newer bridge's.
 */
export type BridgeFailureCode =
  | BridgeErrorCode
  | BridgePipeCode
  | 'closed'
  | 'timed-out'
  | 'malformed-answer'
  | 'addon-missing'
  | (string & {});

export class BridgeError extends Error {
  readonly code: BridgeFailureCode;

  constructor(code: BridgeFailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BridgeError';
    this.code = code;
  }
}
