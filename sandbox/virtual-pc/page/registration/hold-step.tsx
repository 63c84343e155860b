import { useCallback, useEffect, useState } from 'react';
import type { LogonState } from '../../../../contract/logon.ts';
import { useSpeech } from '../language.tsx';
import { askClient, type Refused } from '../pc-requests.ts';
import { Spinner } from '../spinner.tsx';
import { CodeForm } from './code-form.tsx';
import { problemText } from './problems.ts';
import { StepHeading } from './step-heading.tsx';

const LOOK_AGAIN_MS = 2_000;

async function fetchSecret(code: string | null): Promise<Refused | null> {
  const answer = await askClient({ command: 'fetch-secret', code });
  if (!answer.ok) return answer;
  return answer.value.held ? null : { ok: false, code: answer.value.problem, retryAfterMs: null };
}

/** This PC gets what it needs to check codes: by itself when they were enrolled here, else for a current code. */
export function HoldStep({ logon, reload }: { logon: LogonState; reload: () => Promise<unknown> }) {
  const { t } = useSpeech();
  const [codeNeeded, setCodeNeeded] = useState(!logon.otp?.enrolledHere);
  const [refused, setRefused] = useState<Refused | null>(null);
  const [held, setHeld] = useState(false);

  const attempt = useCallback(
    async (code: string | null): Promise<Refused | null> => {
      const answer = await fetchSecret(code);
      if (answer?.code === 'code-needed' && code === null) {
        setCodeNeeded(true);
        return null;
      }
      if (!answer) setHeld(true);
      await reload();
      return answer;
    },
    [reload],
  );
  const attemptAlone = useCallback(async () => setRefused(await attempt(null)), [attempt]);
  useEffect(() => {
    if (!codeNeeded && !held) void attemptAlone();
  }, [codeNeeded, held, attemptAlone]);
  useEffect(() => {
    if (!held) return;
    const timer = setInterval(() => void reload(), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [held, reload]);

  if (codeNeeded && !held) {
    return (
      <>
        <StepHeading>{t('registration.hold.title')}</StepHeading>
        <p>{t('registration.hold.how')}</p>
        <CodeForm
          kind="otp"
          label={t('registration.field.code')}
          placeholder="123456"
          submitLabel={t('registration.hold.submit')}
          send={attempt}
        />
        <p className="aside">{t('registration.hold.noPhone')}</p>
      </>
    );
  }
  const said = refused && problemText(refused, 'nothing');
  return (
    <>
      <StepHeading>{t('registration.hold.preparing')}</StepHeading>
      {said ? (
        <>
          <p className="problem" role="alert">
            {t(said.key, said.values)}
          </p>
          <div className="step-actions start">
            <button type="button" className="primary" onClick={() => void attemptAlone()}>
              {t('registration.retry')}
            </button>
          </div>
        </>
      ) : (
        <p className="loading" role="status">
          <Spinner />
          {t('registration.hold.wait')}
        </p>
      )}
    </>
  );
}
