import type { TFunction } from 'i18next';
import { DateTime } from 'luxon';
import { mailTexts } from './texts.ts';
import type { MailTemplate, MailValues } from './values.ts';

/** A mail as it is handed to the mail server. */
export interface ComposedMail {
  subject: string;
  text: string;
  html: string;
}

/** Paragraphs of a mail: plain, or something to copy that stands out. */
type Part = string | { label: string; code: string };

/** Writes a mail in a language: the same words once plain and once as simple HTML. */
export function composeMail<T extends MailTemplate>(
  template: T,
  values: MailValues[T],
  language: string,
): ComposedMail {
  const t = mailTexts(language);
  const filled = { ...shown(values, language), product: t('product') };
  const subject = oneLine(t(`${template}.subject`, filled));
  const parts: Part[] = [
    t('greeting', filled),
    t(`${template}.body`, filled),
    ...closing(t, template, filled),
    t('footer', filled),
  ];
  return { subject, text: plainText(parts), html: htmlText(parts, subject, language) };
}

function closing(t: TFunction, template: MailTemplate, filled: Record<string, unknown>): Part[] {
  if (template !== 'account-code') return [t('notYou', filled)];
  const code = String(filled['code']);
  return [
    { label: t('account-code.code'), code },
    t('account-code.steps', filled),
    t('account-code.validity', filled),
  ];
}

/** Instants as people of the time zone and language write them. */
function shown(values: MailValues[MailTemplate], language: string): Record<string, unknown> {
  const written = (ms: number) =>
    DateTime.fromMillis(ms, { zone: values.timeZone })
      .setLocale(language)
      .toLocaleString({ ...DateTime.DATETIME_MED_WITH_WEEKDAY, timeZoneName: 'short' });
  return {
    ...values,
    ...('atMs' in values && { at: written(values.atMs) }),
    ...('expiresAtMs' in values && { expires: written(values.expiresAtMs) }),
  };
}

/** A name with a line break in it must not begin a header of its own. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

const plainText = (parts: readonly Part[]): string =>
  `${parts.map((part) => (typeof part === 'string' ? part : `${part.label}: ${part.code}`)).join('\n\n')}\n`;

/** No pictures, links or scripts: nothing to block, nothing to fake. */
function htmlText(parts: readonly Part[], title: string, language: string): string {
  const paragraphs = parts.map((part) =>
    typeof part === 'string'
      ? `<p>${escaped(part)}</p>`
      : `<p>${escaped(part.label)}<br><strong style="font:700 1.5em monospace;letter-spacing:.08em">${escaped(part.code)}</strong></p>`,
  );
  return [
    '<!doctype html>',
    `<html lang="${escaped(language)}"><head><meta charset="utf-8"><title>${escaped(title)}</title></head>`,
    '<body style="font-family:sans-serif;line-height:1.6;max-width:40em;margin:1.5em auto;padding:0 1em">',
    ...paragraphs,
    '</body></html>',
  ].join('\n');
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
