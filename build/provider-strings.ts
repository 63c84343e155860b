/**
 * Writes native/provider/texts_table.h, the texts of the credential provider, from locales/{ja,en}/provider.json: the DLL reads no
 * files, and building it needs no Node. Run it after changing them: `node build/provider-strings.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
export const TABLE = path.join(root, 'native', 'provider', 'texts_table.h');

type Tree = { [key: string]: string | Tree };

export const readTexts = (language: 'ja' | 'en'): Map<string, string> =>
  new Map(
    leaves(JSON.parse(readFileSync(path.join(root, 'locales', language, 'provider.json'), 'utf8')) as Tree),
  );

function leaves(tree: Tree, above: string[] = []): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] => {
    const keys = [...above, key];
    return typeof value === 'string' ? [[keys.join('.'), value]] : leaves(value, keys);
  });
}

/** The kebab names are the bridge's, the camel ones ours; two underscores in a row C++ keeps for itself. */
const identifier = (key: string): string =>
  key.replaceAll(/[.-]/g, '_').replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

const literal = (text: string): string => `u"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const table = (name: string, texts: string[]): string[] => [
  `inline constexpr std::array<std::u16string_view, ${texts.length}> ${name} = {`,
  ...texts.map((text) => `    ${literal(text)},`),
  '};',
];

/** @throws when the languages have different keys: then there would be a text nobody can read; or two keys the same name. */
export function makeTable(japanese: Map<string, string>, english: Map<string, string>): string {
  const keys = [...japanese.keys()];
  const lacking = [
    ...keys.filter((key) => !english.has(key)),
    ...[...english.keys()].filter((key) => !japanese.has(key)),
  ];
  if (lacking.length > 0) throw new Error(`Not in both languages: ${lacking.join(', ')}`);
  const names = keys.map(identifier);
  const twice = keys.filter((_, index) => names.indexOf(names[index] ?? '') !== index);
  if (twice.length > 0) throw new Error(`Not told from others in C++: ${twice.join(', ')}`);
  return [
    '// Made by build/provider-strings.ts from locales/{ja,en}/provider.json: change those, then run it.',
    '#pragma once',
    '',
    '#include <array>',
    '#include <cstdint>',
    '#include <string_view>',
    '',
    '// clang-format off',
    'namespace systemlog::provider {',
    '',
    'enum class Text : std::uint8_t {',
    ...names.map((name) => `  ${name},`),
    '};',
    '',
    '/// As in the files, `refusal.wrong`.',
    ...table('text_keys', keys),
    '',
    ...table('japanese_texts', [...japanese.values()]),
    '',
    ...table(
      'english_texts',
      keys.map((key) => english.get(key) ?? ''),
    ),
    '',
    '}  // namespace systemlog::provider',
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(TABLE, makeTable(readTexts('ja'), readTexts('en')));
