import i18next, { type TFunction } from 'i18next';
import en from '../../locales/en/mail.json' with { type: 'json' };
import ja from '../../locales/ja/mail.json' with { type: 'json' };

const texts = i18next.createInstance({
  fallbackLng: 'ja',
  // What becomes HTML is escaped where it becomes HTML.
  interpolation: { escapeValue: false },
  resources: { ja: { translation: ja }, en: { translation: en } },
  initAsync: false,
});
await texts.init();

/** The texts of mails in a language (BCP 47); Japanese where there is no better. */
export const mailTexts = (language: string): TFunction => texts.getFixedT(language);

/** What the product is called in a language. */
export const productName = (language: string): string => mailTexts(language)('product');
