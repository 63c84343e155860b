import type { TFunction } from 'i18next';
import { nameOf, punchTime } from './day-html.ts';
import { type Html, html } from './html.ts';
import { punchesOf } from './punch-book.ts';
import type { State } from './state.ts';

/** The drawer with what only a sandbox has. Its fields name the switches; the script sends each change at once. */
export function controlsHtml({ state, date, t }: { state: State; date: string; t: TFunction }): Html {
  const { switches } = state;
  const select = (name: 'outage' | 'timeout', values: string[]) => html`<label>${t(`controls.${name}`)}
<select name="${name}">${values.map(
    (value) =>
      html`<option value="${value}"${switches[name] === value && html` selected`}>${t(`controls.${name}s.${value}`)}</option>`,
  )}</select></label>`;
  const check = (name: string, on: boolean) =>
    html`<label class="check"><input type="checkbox" name="${name}"${on && html` checked`}> ${t(`controls.${name}`)}</label>`;
  return html`<aside id="controls" popover="manual" aria-labelledby="controls-title">
<div class="drawer-head"><h2 id="controls-title">${t('controls.open')}</h2>
<button class="button" type="button" popovertarget="controls" popovertargetaction="hide">${t('controls.close')}</button></div>
<p class="note">${t('controls.note')}</p>
<form id="switches">
<fieldset><legend>${t('controls.forbiddenHours')}</legend>
${['clock', 'on', 'off'].map(
  (value) =>
    html`<label class="check"><input type="radio" name="forbiddenHours" value="${value}"${switches.forbiddenHours === value && html` checked`}> ${t(`controls.${value}`)}</label>`,
)}
<p class="note">${t('controls.forbiddenHoursNote')}</p></fieldset>
<fieldset><legend>${t('controls.rules')}</legend>
${check('alreadyPunched', switches.alreadyPunched)}
${check('overwriteOut', switches.overwriteOut)}
${check('closed', state.closedThrough !== null && date <= state.closedThrough)}</fieldset>
${select('outage', ['none', 'unavailable', 'maintenance', 'too-many'])}
${select('timeout', ['none', 'before', 'after'])}
<label>${t('controls.latency')} <input type="number" name="latencyMs" min="0" max="60000" step="100" value="${switches.latencyMs}"></label>
</form>
<form id="other"><fieldset><legend>${t('controls.other')}</legend>
<label>${t('controls.otherEmployee')} <select name="employeeKey">${state.employees.map(
    (employee) => html`<option value="${employee.key}">${employee.code} ${nameOf(employee)}</option>`,
  )}</select></label>
<div class="fields"><label>${t('controls.otherKind')} <select name="code">${['1', '2', '3', '4'].map(
    (code) => html`<option value="${code}">${t(`kinds.${code}`)}</option>`,
  )}</select></label>
<label>${t('controls.otherTime')} <input type="time" name="time" required></label>
<button class="button" type="submit">${t('controls.otherSubmit')}</button></div></fieldset></form>
<div id="removals">${removalsHtml({ state, date, t })}</div>
<p class="failure" role="alert" id="failure"></p>
</aside>`;
}

/** A button for every punch of the day: what an administrator does in 日別データ > 編集. */
function removalsHtml({ state, date, t }: { state: State; date: string; t: TFunction }): Html {
  const punches = state.employees.flatMap((employee) =>
    punchesOf(state, employee.key, date).map((punch) => ({ punch, employee })),
  );
  return html`<details id="removals-list"><summary>${t('controls.punches')}</summary>
${punches.length === 0 && html`<p class="note">${t('controls.noPunches')}</p>`}
<ul>${punches.map(({ punch, employee }) => {
    const what = {
      employee: nameOf(employee),
      kind: t(`kinds.${punch.code}`),
      time: punchTime(punch, date, t),
    };
    return html`<li>${what.employee} ${what.kind} ${what.time}<button type="button" class="remove" data-remove="${punch.id}" aria-label="${t('controls.remove', what)}">×</button></li>`;
  })}</ul></details>`;
}
