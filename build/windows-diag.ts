/**
 * Writes down the state of a Windows PC for whoever looks into a problem: `npm run windows:diag [-- --out FILE]`. One text file, no
 * secrets, nothing changed. As an administrator it sees more; what it may not see it says. docs/windows-checklist.md says when.
 */
import { writeFileSync } from 'node:fs';
import { release, version } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DateTime } from 'luxon';
import { askFolder, askPipes, askProgram } from './windows-diag/ask.ts';
import { askBridge } from './windows-diag/ask-bridge.ts';
import { CLIENT_PIPE, PIPES, type Section, sectionsFor } from './windows-diag/probes.ts';
import { type AnsweredSection, reportText, unanswered } from './windows-diag/report.ts';

if (process.platform !== 'win32') {
  console.error('This looks at a Windows PC: run it there, best from an administrator’s prompt.');
  process.exit(2);
}

const now = DateTime.now();
const { values } = parseArgs({
  options: { out: { type: 'string', default: `systemlog-diag-${now.toFormat('yyyyMMdd-HHmmss')}.txt` } },
});
const programData = process.env['ProgramData'] ?? 'C:\\ProgramData';
const localAppData = process.env['LOCALAPPDATA'] ?? '';

const sections: AnsweredSection[] = [here(), files(), await bridge()];
for (const section of sectionsFor({ programData, systemDrive: process.env['SystemDrive'] ?? 'C:' })) {
  console.log(`${section.title} …`);
  sections.push(await ask(section));
}

const file = path.resolve(values.out);
writeFileSync(file, `\uFEFF${reportText(now.toISO(), sections)}`);
const { asked, without } = unanswered(sections);
console.log(`\n${asked - without.length} of ${asked} things could be told. Not told:`);
for (const name of without) console.log(`  ${name}`);
console.log(
  `\nWritten: ${file}\nPlease read it before you send it: it names accounts and programs of this PC.`,
);

async function ask({ title, probes }: Section): Promise<AnsweredSection> {
  const answers = [];
  for (const probe of probes) answers.push(await askProgram(probe));
  return { title, answers };
}

function here(): AnsweredSection {
  const { locale, timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const text = [
    `Windows ${release()} (${version()}), ${process.arch}`,
    `Node ${process.version}`,
    `language ${locale}, time zone ${timeZone}`,
  ].join('\n');
  return { title: 'This PC', answers: [{ title: 'as Node sees it', command: null, text, problem: null }] };
}

function files(): AnsweredSection {
  return {
    title: 'What is kept, by name and size',
    answers: [
      askPipes('pipes', PIPES),
      askFolder('bridge', path.join(programData, 'SystemLog')),
      askFolder('tray app of this account', path.join(localAppData, 'SystemLog')),
    ],
  };
}

async function bridge(): Promise<AnsweredSection> {
  return { title: 'Bridge, in its own words', answers: [await askBridge('to this account', CLIENT_PIPE)] };
}
