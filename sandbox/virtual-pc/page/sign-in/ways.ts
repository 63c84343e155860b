import type { Credentials, Tile } from '../../tile-messages.ts';

/**
 * How somebody at a tile proves who they are: `asked` by what the policy asks for, `alternative` by what suffices as well, the other two with
 * something in place of the code.
 */
export type Way = 'asked' | 'alternative' | 'recovery' | 'emergency';

export const FIELDS = ['password', 'code', 'recoveryCode', 'emergencyResponse'] as const;
export type Field = (typeof FIELDS)[number];
export type Typed = Record<Field, string>;

export const NOTHING_TYPED: Typed = { password: '', code: '', recoveryCode: '', emergencyResponse: '' };

const SUBSTITUTE = { recovery: 'recoveryCode', emergency: 'emergencyResponse' } as const;

/** The fields of a way, in the order of the policy. What replaces the code never replaces the password, so that is asked for with it. */
export function fieldsOf(tile: Tile, way: Way): readonly Field[] {
  if (tile.action === 'windows') return ['password'];
  if (tile.action !== 'ask') return [];
  if (way === 'asked') return tile.fields;
  if (way === 'alternative') return tile.alternative;
  const substitute = SUBSTITUTE[way];
  const replaced = tile.fields.map((factor): Field => (factor === 'code' ? substitute : factor));
  return replaced.includes('password') ? replaced : [...replaced, 'password'];
}

/** The ways a tile offers, the one to begin with first. Who may leave the code empty needs nothing in its place. */
export function waysOf(tile: Tile): readonly Way[] {
  if (tile.action !== 'ask') return ['asked'];
  const replaceable = tile.fields.includes('code') && !tile.codeOptional;
  const recovery: Way[] = replaceable && tile.recoveryCodesLeft > 0 ? ['recovery'] : [];
  const substitutes: Way[] = replaceable ? [...recovery, 'emergency'] : [];
  if (tile.substitutesOnly && replaceable) return substitutes;
  return tile.alternative.length > 0 ? ['asked', 'alternative', ...substitutes] : ['asked', ...substitutes];
}

/** While codes are not looked at, nothing that needs one is taken; other ways stay open. */
export const isHeldUp = (fields: readonly Field[], { codeOptional }: Tile, waitMs: number): boolean =>
  waitMs > 0 && fields.includes('code') && !codeOptional;

/** What is sent: of what was typed only what the way asks for, without the fields that were left empty. */
export function credentialsOf(fields: readonly Field[], typed: Typed, sealPassword: boolean): Credentials {
  const given = fields.filter((field) => typed[field] !== '').map((field) => [field, typed[field]] as const);
  return { ...Object.fromEntries(given), sealPassword };
}

/** The first field that must not stay empty and is. */
export const missingField = (fields: readonly Field[], typed: Typed, codeOptional: boolean): Field | null =>
  fields.find((field) => typed[field] === '' && !(field === 'code' && codeOptional)) ?? null;

/**
 * Where Enter leads from a field: to the next empty one, and from the last to what is missing; null: all is there. So a code that may
 * stay empty is passed over on purpose only.
 */
export function onwardFrom(
  from: Field | null,
  fields: readonly Field[],
  typed: Typed,
  codeOptional: boolean,
): Field | null {
  const later = from === null ? [] : fields.slice(fields.indexOf(from) + 1);
  return later.find((field) => typed[field] === '') ?? missingField(fields, typed, codeOptional);
}
