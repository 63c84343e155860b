import { redact } from './redact.ts';

/** What came of asking one thing. */
export interface Answer {
  title: string;
  /** As it could be typed at a prompt; null where no program was asked. */
  command: string | null;
  text: string;
  /** Why there is no answer, or not all of it; null when there is. */
  problem: string | null;
}

export interface AnsweredSection {
  title: string;
  answers: readonly Answer[];
}

/**
 * The report as text: what it is, then section by section. What programs said is redacted here, and nowhere else.
 *
 * @param takenAt ISO 8601, with the PC's offset
 */
export function reportText(takenAt: string, sections: readonly AnsweredSection[]): string {
  return [HEAD(takenAt), ...sections.map(sectionText)].join('\n\n').replaceAll(/\r?\n/g, '\r\n');
}

/** How many things were asked, and which gave no answer. */
export function unanswered(sections: readonly AnsweredSection[]): { asked: number; without: string[] } {
  const answers = sections.flatMap(({ title, answers: given }) =>
    given.map((answer) => ({ name: `${title}: ${answer.title}`, problem: answer.problem })),
  );
  return { asked: answers.length, without: answers.filter(({ problem }) => problem).map(({ name }) => name) };
}

const HEAD = (takenAt: string): string =>
  [
    'SystemLog: state of a Windows PC',
    `Taken ${takenAt}`,
    '',
    'For whoever looks into a problem with sign-in or punches. It holds names of this PC, of accounts and programs, and times of sign-ins.',
    'It holds no password, code, key or token: none is asked for, and what looks like one is replaced by [removed].',
  ].join('\n');

const sectionText = ({ title, answers }: AnsweredSection): string =>
  [`== ${title} ${'='.repeat(Math.max(3, 100 - title.length))}`, ...answers.map(answerText)].join('\n\n');

function answerText({ title, command, text, problem }: Answer): string {
  const said = redact(text).trimEnd();
  return [
    `-- ${title}`,
    ...(command === null ? [] : [`   > ${command}`]),
    ...(problem === null ? [] : [`   ! ${problem}`]),
    ...(said === '' ? (problem === null ? ['   (nothing)'] : []) : [said]),
  ].join('\n');
}
