import i18next, { type TFunction } from 'i18next';
import en from '../../locales/en/king-of-time.json' with { type: 'json' };
import ja from '../../locales/ja/king-of-time.json' with { type: 'json' };

export type Language = 'ja' | 'en';

const texts = i18next.createInstance({
  lng: 'ja',
  fallbackLng: 'ja',
  // What is looked up here becomes HTML through `html`, which escapes.
  interpolation: { escapeValue: false },
  resources: { ja: { translation: ja }, en: { translation: en } },
  initAsync: false,
});
await texts.init();

/** The page's texts in one language. */
export const textsIn = (language: Language): TFunction => texts.getFixedT(language);
