import { useState } from 'react';
import { createPortal } from 'react-dom';
import { CopyButton } from '../copy-button.tsx';
import { useSpeech } from '../language.tsx';
import { StepHeading } from './step-heading.tsx';

/** The recovery codes, shown this once: nobody goes on before saying that they are in a safe place. */
export function CodesStep({
  codes,
  owner,
  renewed,
  onKept,
}: {
  codes: readonly string[];
  /** Whose they are, for the printed sheet. */
  owner: string;
  /** They replace others. */
  renewed: boolean;
  onKept: () => void;
}) {
  const { t } = useSpeech();
  const [kept, setKept] = useState(false);
  const sheet = [t('registration.codes.sheetTitle', { owner }), ...codes, t('registration.codes.sheetNote')];
  return (
    <>
      <StepHeading>{t('registration.codes.title')}</StepHeading>
      <p>{t('registration.codes.why')}</p>
      {renewed && <p className="note">{t('registration.codes.renewed')}</p>}
      <ol className="recovery-codes" aria-label={t('registration.codes.title')} data-testid="recovery-codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="step-actions start">
        <CopyButton text={sheet.join('\n')} label={t('registration.codes.copy')} className="quiet" />
        <button type="button" className="quiet" onClick={() => window.print()}>
          {t('registration.codes.print')}
        </button>
      </div>
      <p className="warning-note">{t('registration.codes.once')}</p>
      <div className="step-actions">
        <label className="kept">
          <input type="checkbox" checked={kept} onChange={({ target }) => setKept(target.checked)} />
          {t('registration.codes.kept')}
        </label>
        <button type="button" className="primary" disabled={!kept} onClick={onKept}>
          {t('registration.next')}
        </button>
      </div>
      {createPortal(
        <section className="print-sheet" aria-hidden="true">
          {sheet.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </section>,
        document.body,
      )}
    </>
  );
}
