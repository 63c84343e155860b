import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const documented = readFileSync(path.join(root, 'docs/windows-events.md'), 'utf8');
const tested = readFileSync(path.join(root, 'native/test/session_signals_test.cpp'), 'utf8');

interface Line {
  row: string;
  signal: string;
  kinds: string[];
  initiators: string[];
  reasons: string[];
}

/** What a cell names in words of its own (`as for sleep`, `see remark`) is left to the remark and to people. */
function wordsOf(cell: string, known: readonly string[]): string[] {
  const words: string[] = cell.match(/[a-z-]+/g) ?? [];
  return known.filter((word) => words.includes(word));
}

const KINDS = [
  'logon',
  'logoff',
  'lock',
  'unlock',
  'remote-connect',
  'remote-disconnect',
  'suspend',
  'resume',
  'startup',
  'shutdown',
  'clock-change',
];

/** The table's lines; one without a row's name goes on with the row above it. */
function table(): Line[] {
  const lines: Line[] = [];
  for (const line of documented.split('\n').filter((text) => text.startsWith('| '))) {
    const [row = '', signal = '', kind = '', initiator = '', reason = ''] = line
      .slice(1)
      .split('|')
      .map((cell) => cell.trim());
    if (row === 'row') continue;
    lines.push({
      row: row || (lines.at(-1)?.row ?? ''),
      signal,
      // What comes after the kind says more about it ("one for each such session", "source `reconciled`").
      kinds: wordsOf(kind.split(', one')[0]?.split(', source')[0] ?? '', KINDS),
      initiators: wordsOf(initiator, ['user', 'system']),
      reasons: [...reason.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name),
    });
  }
  return lines;
}

/** The test cases of each row: their code. */
function casesByRow(): Map<string, string> {
  const cases = new Map<string, string>();
  for (const body of tested.split(/^TEST_CASE\(/m).slice(1)) {
    const name = /^\s*"windows-events ([a-z-]+):/.exec(body)?.[1];
    if (name) cases.set(name, (cases.get(name) ?? '') + body);
  }
  return cases;
}

/** The events a test case expects: `kind initiator reason`. A session that is lost gets its logoff elsewhere. */
function expectedIn(body: string): string[] {
  const strings = [...body.matchAll(/"([a-z-]+ (?:user|system)[^"]*)"/g)].map(([, text = '']) => text);
  return /\blost\b/.test(body) ? [...strings, 'logoff system missed'] : strings;
}

test('every row of the table of Windows events is a test case, and every such test case a row', () => {
  const rows = new Set(table().map((line) => line.row));
  expect(rows.size).toBeGreaterThan(15);
  expect([...casesByRow().keys()].toSorted()).toEqual([...rows].toSorted());
});

test.each(table())('windows-events $row: $signal', ({ row, kinds, initiators, reasons }) => {
  const events = expectedIn(casesByRow().get(row) ?? '');
  for (const kind of kinds) {
    const ofKind = events.filter((event) => event.startsWith(`${kind} `)).map((event) => event.split(' '));
    expect(ofKind, kind).not.toEqual([]);
    // Only a line of one kind says whose each event is.
    if (kinds.length > 1) continue;
    for (const initiator of initiators) {
      expect(
        ofKind.map(([, who]) => who),
        kind,
      ).toContain(initiator);
    }
    for (const reason of reasons) {
      expect(
        ofKind.map(([, , why]) => why),
        kind,
      ).toContain(reason);
    }
  }
  for (const reason of reasons) expect(events.map((event) => event.split(' ')[2])).toContain(reason);
});
