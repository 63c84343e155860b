import { expect, test } from 'vitest';
import { sid } from '../../contract/ids.ts';
import type { RulesWithoutBridge } from './bridge/logon/rules-file.ts';
import { NO_RULES, tileWithoutBridge } from './tile-without-bridge.ts';

const TARO = sid.parse('S-1-5-21-1-2-3-1001');
const ENFORCED: RulesWithoutBridge = { ...NO_RULES, enforcement: true };
const DENYING: RulesWithoutBridge = { ...ENFORCED, whenBridgeDown: 'deny' };
const WITH_TARO = (rules: RulesWithoutBridge): RulesWithoutBridge => ({ ...rules, breakGlassSids: [TARO] });

test.each<[string, RulesWithoutBridge, boolean, string | null, string, boolean]>([
  ['nothing was ever to be enforced', NO_RULES, false, null, 'windows enforcement-off', false],
  ['the wait is not over', ENFORCED, false, null, 'wait bridge-starting', false],
  ['the wait is over', ENFORCED, true, null, 'ask bridge-down-password-only', true],
  ['the wait is over and the company denies', DENYING, true, null, 'deny bridge-down-denied', true],
  ['a break-glass account need not wait', WITH_TARO(DENYING), false, null, 'ask break-glass', false],
  [
    'a vault that does not open is not waited for',
    ENFORCED,
    false,
    'vault-damaged',
    'ask vault-damaged',
    true,
  ],
  [
    'a damaged vault opens nothing that is denied',
    DENYING,
    false,
    'vault-damaged',
    'deny vault-damaged',
    true,
  ],
  [
    'a damaged vault with nothing to enforce',
    NO_RULES,
    false,
    'vault-damaged',
    'windows vault-damaged',
    true,
  ],
])('without a bridge, when %s', (_when, rules, waited, broken, shown, alarmed) => {
  const { tile, alarm } = tileWithoutBridge(TARO, rules, waited, broken);
  expect(`${tile.action} ${tile.reason}`).toBe(shown);
  expect(alarm).toBe(alarmed);
  expect(tile.fields).toEqual(['ask', 'windows'].includes(tile.action) ? ['password'] : []);
});
