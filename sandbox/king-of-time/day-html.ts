import type { TFunction } from 'i18next';
import { type DailyRow, daysAfter } from './daily-view.ts';
import { type Html, html } from './html.ts';
import type { Punch } from './state.ts';

interface Day {
  date: string;
  rows: readonly DailyRow[];
  isClosed: boolean;
  t: TFunction;
}

/** The table of a day with its summary. `data-news` is what a screen reader hears when a punch is new. */
export function dayHtml({ date, rows, isClosed, t }: Day): Html {
  const summary = t('summary', {
    came: rows.filter(({ status }) => status !== 'absent').length,
    absent: rows.filter(({ status }) => status === 'absent').length,
    wrong: rows.filter(({ errors }) => errors.length > 0).length,
  });
  const head = (name: string) => html`<th scope="col" class="${name}">${t(`columns.${name}`)}</th>`;
  return html`<p class="summary"><strong>${longDate(date, t)}</strong> <span>${summary}</span>${
    isClosed && html` <span class="badge closed">${t('closedDay')}</span>`
  }</p>
<div class="scroll" tabindex="0" role="region" aria-label="${t('caption', { date })}">
<table>
<caption class="visually-hidden">${t('caption', { date })}</caption>
<thead><tr>${['division', 'employee', 'status', 'in', 'out', 'breaks', 'work', 'error'].map(head)}</tr></thead>
<tbody>${rows.map((row) => rowHtml(row, date, t))}</tbody>
</table>
</div>`;
}

function rowHtml(
  { employee, division, punches, status, errors, ...totals }: DailyRow,
  date: string,
  t: TFunction,
): Html {
  const name = nameOf(employee);
  const of = (...codes: string[]) => punches.filter(({ code }) => codes.includes(code));
  const punch = (one: Punch) => punchHtml(one, name, date, t);
  return html`<tr class="${errors.length > 0 ? 'wrong' : status}">
<td class="division">${division}</td>
<th scope="row" class="employee"><span class="code">${employee.code}</span> ${name}</th>
<td class="status"><span class="badge ${status}">${t(`status.${status}`)}</span></td>
<td class="in">${of('1').map(punch)}</td>
<td class="out">${of('2').map(punch)}</td>
<td class="breaks">${pairs(of('3', '4', '7', '8')).map(
    (pair) =>
      html`<span class="pair">${pair.map((one, index) => [index > 0 && html`<span aria-hidden="true">–</span>`, punch(one)])}</span>`,
  )}</td>
<td class="work">${totals.workMinutes > 0 && duration(totals.workMinutes)}</td>
<td class="error">${
    errors.length > 0 &&
    html`<span class="badge error">${t('errorMark')}</span> <span class="reason">${errors.map((error) => t(`errors.${error}`)).join('、')}</span>`
  }</td>
</tr>`;
}

function punchHtml(punch: Punch, employee: string, date: string, t: TFunction): Html {
  const time = punchTime(punch, date, t);
  const kind = t(`kinds.${punch.code}`);
  const news = t('punched', { employee, kind, time });
  return html`<span class="punch" data-punch="${punch.id}" data-news="${news}" title="${kind} ${punch.time.slice(0, 19).replace('T', ' ')}"><span class="mark">${punch.mark}</span><time datetime="${punch.time}">${time}</time></span>`;
}

/** A break's start with its end, where both are there. */
function pairs(punches: readonly Punch[]): Punch[][] {
  const found: Punch[][] = [];
  for (const punch of punches) {
    const open = found.at(-1);
    const isEnd = punch.code === '4' || punch.code === '8';
    if (isEnd && open?.length === 1) open.push(punch);
    else found.push([punch]);
  }
  return found;
}

/** `HH:MM`, with a word when it lies on another calendar day than the date. */
export function punchTime(punch: Punch, date: string, t: TFunction): string {
  const time = punch.time.slice(11, 16);
  const days = daysAfter(date, punch);
  if (days === 0) return time;
  return t(days < 0 ? 'previousDayTime' : days === 1 ? 'nextDayTime' : 'dayAfterTime', { time });
}

export const nameOf = ({ lastName, firstName }: { lastName: string; firstName: string }): string =>
  `${lastName} ${firstName}`;

const duration = (minutes: number): string =>
  `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;

function longDate(date: string, t: TFunction): string {
  const weekdays = t('weekdays', { returnObjects: true }) as unknown as string[];
  const [year, month, day] = date.split('-');
  const weekday = weekdays[new Date(`${date}T00:00:00Z`).getUTCDay()];
  return t('longDate', { year, month, day, weekday });
}
