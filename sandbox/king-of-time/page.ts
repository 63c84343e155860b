import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { controlsHtml } from './controls-html.ts';
import { currentDate, dailyRows } from './daily-view.ts';
import { dayHtml } from './day-html.ts';
import { type Html, html } from './html.ts';
import { datePlus, isDate } from './jst.ts';
import type { Service } from './service.ts';
import { type Language, textsIn } from './texts.ts';

const asset = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The 日別データ screen at `/`, drawn by the server; a small script keeps it up to date and works the sandbox controls. */
export function registerPage(app: FastifyInstance, service: Service): void {
  app.get('/', (request, reply) => {
    const { date, language } = asked(service, request);
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', POLICY)
      .header('cache-control', 'no-store')
      .send(pageHtml(service, date, language).text);
  });
  const style = asset('style.css');
  const script = asset('page.js');
  app.get('/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(style));
  app.get('/page.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script));
}

function asked(service: Service, request: FastifyRequest): { date: string; language: Language } {
  const { date = '', lang } = request.query as { date?: string; lang?: string };
  return {
    date: isDate(date) ? date : currentDate(service.state, service.clock.now()),
    language: lang === 'en' ? 'en' : 'ja',
  };
}

function liveHtml({ state, clock }: Service, date: string, language: Language): Html {
  return dayHtml({
    date,
    rows: dailyRows(state, date, clock.now()),
    isClosed: state.closedThrough !== null && date <= state.closedThrough,
    t: textsIn(language),
  });
}

function pageHtml(service: Service, date: string, language: Language): Html {
  const { state } = service;
  const t = textsIn(language);
  const today = currentDate(state, service.clock.now());
  const link = (to: string, lang: Language = language) => `/?date=${to}&lang=${lang}`;
  const day = (to: string, label: string, key: string) =>
    html`<a class="button" href="${link(to)}" data-key="${key}" title="${label}"><span aria-hidden="true">${key === 'ArrowLeft' ? '‹' : '›'}</span><span class="visually-hidden">${label}</span></a>`;
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${t('title')} ${date} – ${t('product')} (${t('sandboxMark')})</title>
<link rel="stylesheet" href="/style.css">
<script type="module" src="/page.js"></script>
</head>
<body data-date="${date}" data-language="${language}" data-live="${t('live')}" data-offline="${t('offline')}" data-removed="${t('removed')}" data-failed="${t('controls.failed')}">
<header class="bar">
  <p class="product">${t('product')} <span class="sandbox" title="${t('sandboxNote')}">${t('sandboxMark')}</span></p>
  <p class="company">${state.company.name} <span class="code">${state.company.code}</span></p>
  <a class="language" href="${link(date, language === 'ja' ? 'en' : 'ja')}" hreflang="${language === 'ja' ? 'en' : 'ja'}" title="${t('languageLabel')}">${t('language')}</a>
</header>
<main>
  <div class="heading">
    <h1>${t('title')}</h1>
    <form class="dates" method="get" action="/">
      <input type="hidden" name="lang" value="${language}">
      ${day(datePlus(date, -1), t('previousDay'), 'ArrowLeft')}
      <label><span class="visually-hidden">${t('date')}</span><input type="date" name="date" value="${date}" required></label>
      ${day(datePlus(date, 1), t('nextDay'), 'ArrowRight')}
      <a class="button" href="${`/?lang=${language}`}"${date === today && html` aria-current="date"`}>${t('today')}</a>
    </form>
    <p class="connection" id="connection">${t('live')}</p>
    <button class="button open-controls" type="button" popovertarget="controls">${t('controls.open')}</button>
  </div>
  <div id="day">${liveHtml(service, date, language)}</div>
  <p class="visually-hidden" role="status" id="news"></p>
</main>
${controlsHtml({ state, date, t })}
</body>
</html>`;
}
