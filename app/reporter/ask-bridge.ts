import type { BridgeMethod, BridgeParams, BridgeResult } from '../../contract/bridge.ts';
import type { BridgeConnection } from '../bridge/connection.ts';
import { BridgeError } from '../bridge/errors.ts';
import { failed, type Outcome, succeeded } from './failure.ts';

/** One request to the bridge as it is now; fails with `closed` while it is away (null). */
export async function askBridge<M extends BridgeMethod>(
  bridge: Pick<BridgeConnection, 'request'> | null,
  method: M,
  params: BridgeParams<M>,
): Promise<Outcome<BridgeResult<M>>> {
  if (!bridge) return failed({ kind: 'bridge', code: 'closed' });
  try {
    return succeeded(await bridge.request(method, params));
  } catch (error) {
    if (error instanceof BridgeError) return failed({ kind: 'bridge', code: error.code });
    throw error;
  }
}
