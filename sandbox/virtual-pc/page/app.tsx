import { useEffect } from 'react';
import { useConnection } from './connection.ts';
import { Desk } from './desk.tsx';
import { EventPath } from './event-path.tsx';
import { useSpeech } from './language.tsx';
import { Monitor } from './monitor.tsx';
import { PhoneProvider } from './phone/phone.tsx';

export function App() {
  const { t, language, setLanguage } = useSpeech();
  const { state, lost, act } = useConnection();
  const title = state ? `${t('page.title')} ${state.name}` : t('page.title');
  useEffect(() => {
    document.title = title;
  }, [title]);

  return (
    <div className="page">
      <header className="page-header">
        <div>
          <h1>{title}</h1>
          <p>{t('page.subtitle')}</p>
        </div>
        <fieldset className="language">
          <legend className="unseen">{t('page.language')}</legend>
          <button type="button" lang="ja" aria-pressed={language === 'ja'} onClick={() => setLanguage('ja')}>
            {t('page.japanese')}
          </button>
          <button type="button" lang="en" aria-pressed={language === 'en'} onClick={() => setLanguage('en')}>
            {t('page.english')}
          </button>
        </fieldset>
      </header>
      <p className="lost" role="alert" hidden={!lost}>
        {t('page.lost')}
      </p>
      {state && (
        <PhoneProvider>
          <main className="room">
            <div className="place">
              <Monitor state={state} act={act} />
              <EventPath state={state} />
            </div>
            <Desk state={state} act={act} />
          </main>
        </PhoneProvider>
      )}
    </div>
  );
}
