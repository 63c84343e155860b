import i18next from 'i18next';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import en from '../../../locales/en/virtual-pc.json' with { type: 'json' };
import ja from '../../../locales/ja/virtual-pc.json' with { type: 'json' };

export type Language = 'ja' | 'en';

const STORED_AT = 'virtual-pc.language';
const texts = i18next.createInstance();
void texts.init({
  lng: 'ja',
  fallbackLng: 'ja',
  ns: ['virtual-pc'],
  defaultNS: 'virtual-pc',
  resources: { ja: { 'virtual-pc': ja }, en: { 'virtual-pc': en } },
  interpolation: { escapeValue: false },
  initAsync: false,
});

export interface Speech {
  language: Language;
  setLanguage: (language: Language) => void;
  /** The text of a key; with `fallback` when there may be no such key. */
  t: (key: string, values?: Record<string, string | number>, fallback?: string) => string;
  /** An instant as a clock in that zone shows it. */
  time: (at: Date | string, timeZone: string, seconds?: boolean) => string;
  /** Month, day and weekday. */
  longDate: (at: Date, timeZone: string) => string;
  shortDate: (at: Date, timeZone: string) => string;
}

const SpeechContext = createContext<Speech | null>(null);

/** Japanese first; what the visitor chose before comes before that. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() =>
    localStorage.getItem(STORED_AT) === 'en' ? 'en' : 'ja',
  );
  useEffect(() => {
    localStorage.setItem(STORED_AT, language);
    document.documentElement.lang = language;
  }, [language]);
  const speech = useMemo(() => speechIn(language, setLanguage), [language]);
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (!speech) throw new Error('A part of the page stands outside LanguageProvider');
  return speech;
}

function speechIn(language: Language, setLanguage: (language: Language) => void): Speech {
  const translate = texts.getFixedT(language);
  const locale = language === 'ja' ? 'ja-JP' : 'en-GB';
  const format = (at: Date | string, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, options).format(new Date(at));
  return {
    language,
    setLanguage,
    t: (key, values = {}, fallback) =>
      translate(key, fallback === undefined ? values : { ...values, defaultValue: fallback }),
    time: (at, timeZone, seconds = false) =>
      format(at, {
        hour: 'numeric',
        minute: '2-digit',
        hourCycle: 'h23',
        ...(seconds ? { second: '2-digit' } : {}),
        timeZone,
      }),
    longDate: (at, timeZone) => format(at, { month: 'long', day: 'numeric', weekday: 'long', timeZone }),
    shortDate: (at, timeZone) => format(at, { year: 'numeric', month: '2-digit', day: '2-digit', timeZone }),
  };
}
