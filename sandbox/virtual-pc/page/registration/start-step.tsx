import { useState } from 'react';
import type { EnrolmentProof, EnrolmentStarted, LogonState } from '../../../../contract/logon.ts';
import { useSpeech } from '../language.tsx';
import { askClient, type Refused } from '../pc-requests.ts';
import { CodeForm } from './code-form.tsx';
import { problemText } from './problems.ts';
import { StepHeading } from './step-heading.tsx';

const AGAIN = ['otp', 'recovery-code'] as const;
const PLACEHOLDERS = {
  'one-time-code': 'XXXX-XXXX-XXXX',
  otp: '123456',
  'recovery-code': 'XXXX-XXXX-XXXX-XXXX',
};

/** Before a secret is made: what it is for, and the proof the server wants to see, if it wants one. */
export function StartStep({
  logon,
  onStarted,
  onBack,
}: {
  logon: LogonState;
  onStarted: (started: EnrolmentStarted) => void;
  /** Only where there is something to go back to. */
  onBack: (() => void) | null;
}) {
  const { t } = useSpeech();
  const again = logon.otp !== null;
  const [kind, setKind] = useState<EnrolmentProof['kind']>(again ? 'otp' : 'one-time-code');
  const [refused, setRefused] = useState<Refused | null>(null);
  const [busy, setBusy] = useState(false);

  const start = async (proof: EnrolmentProof | null): Promise<Refused | null> => {
    const answer = await askClient({ command: 'start-enrolment', proof });
    if (answer.ok) onStarted(answer.value);
    return answer.ok ? null : answer;
  };
  const startAtOnce = async () => {
    setBusy(true);
    setRefused(await start(null));
    setBusy(false);
  };
  // The permission may have run out since the page asked: then the proof is asked for after all.
  const free = logon.next === 'enrol' && refused?.code !== 'proof-needed';
  const said = refused && free && problemText(refused, 'nothing');

  return (
    <>
      <StepHeading>{t(again ? 'registration.start.titleAgain' : 'registration.start.title')}</StepHeading>
      <p>{t(again ? 'registration.start.whyAgain' : 'registration.start.why')}</p>
      {!again && <p>{t('registration.start.need')}</p>}
      {free ? (
        <div className="step-actions start">
          <button type="button" className="primary" disabled={busy} onClick={() => void startAtOnce()}>
            {t('registration.start.begin')}
          </button>
        </div>
      ) : (
        <>
          {again && (
            <fieldset className="choices">
              <legend>{t('registration.start.proof')}</legend>
              {AGAIN.map((one) => (
                <label key={one}>
                  <input type="radio" name="proof" checked={kind === one} onChange={() => setKind(one)} />
                  {t(`registration.start.by.${one}`)}
                </label>
              ))}
            </fieldset>
          )}
          <CodeForm
            key={kind}
            kind={kind}
            label={t(`registration.start.field.${kind}`)}
            placeholder={PLACEHOLDERS[kind]}
            submitLabel={t('registration.next')}
            send={(code) => start({ kind, code })}
          />
          {again && <p className="aside">{t('registration.start.neither')}</p>}
        </>
      )}
      <p className="problem" role="alert">
        {said && t(said.key, said.values)}
      </p>
      {onBack && (
        <button type="button" className="link-button back" onClick={onBack}>
          {t('registration.back')}
        </button>
      )}
    </>
  );
}
