import type { Sid } from '../../contract/ids.ts';
import type { RulesWithoutBridge } from './bridge/logon/rules-file.ts';
import type { Tile } from './tile-messages.ts';

/** Until the server has told the company's rules there is nothing to enforce. */
export const NO_RULES: RulesWithoutBridge = {
  enforcement: false,
  whenBridgeDown: 'password-only',
  breakGlassSids: [],
};

/** The tile with nothing to ask for: the one Windows would show, or one that only tells. */
export const plainTile = (action: Tile['action'], reason: string): Tile => ({
  action,
  reason,
  fields: action === 'ask' || action === 'windows' ? ['password'] : [],
  alternative: [],
  codeOptional: false,
  substitutesOnly: false,
  waitMs: 0,
  recoveryCodesLeft: 0,
  maySealPassword: false,
});

/**
 * What to ask while no bridge answers, by the rules it told last: the order of native/core/policy.cpp (`decide` with a bridge that is
 * not up), for the one case in which the core cannot be asked. A vault that does not open is the same case, except that waiting
 * does not help: standing aside for it would let whoever can damage a file switch codes off against `deny`.
 *
 * @param waited the tile has waited its time, or there is nothing to wait for.
 * @param brokenVault the core's word for why its files do not open; null when nobody answers.
 */
export function tileWithoutBridge(
  sid: Sid,
  rules: RulesWithoutBridge,
  waited: boolean,
  brokenVault: string | null,
): { tile: Tile; alarm: boolean } {
  if (!rules.enforcement) {
    return { tile: plainTile('windows', brokenVault ?? 'enforcement-off'), alarm: brokenVault !== null };
  }
  if (rules.breakGlassSids.includes(sid)) return { tile: plainTile('ask', 'break-glass'), alarm: false };
  if (!waited && brokenVault === null) return { tile: plainTile('wait', 'bridge-starting'), alarm: false };
  return rules.whenBridgeDown === 'deny'
    ? { tile: plainTile('deny', brokenVault ?? 'bridge-down-denied'), alarm: true }
    : { tile: plainTile('ask', brokenVault ?? 'bridge-down-password-only'), alarm: true };
}
