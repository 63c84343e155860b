import { useCallback, useEffect, useState } from 'react';
import { groupedCode } from '../../../../contract/logon.ts';
import { useSpeech } from '../language.tsx';
import { askEmergencyChallenge } from '../pc-requests.ts';

/** The challenge to be read to the administrator, large, in groups of four. */
export function EmergencyChallenge({
  sid,
  pcName,
  userName,
  gone,
  hidden,
}: {
  sid: string;
  pcName: string;
  userName: string;
  /** The one shown is not good any more. */
  gone: boolean;
  /** Out of sight, but still the one the administrator was told: a new one would void it. */
  hidden: boolean;
}) {
  const { t } = useSpeech();
  const [challenge, setChallenge] = useState<string | 'asking' | null>('asking');
  const renew = useCallback(async () => {
    setChallenge('asking');
    const given = await askEmergencyChallenge(sid);
    setChallenge(given && groupedCode(given.replaceAll('-', '')));
  }, [sid]);
  useEffect(() => {
    void renew();
  }, [renew]);
  useEffect(() => {
    if (gone) void renew();
  }, [gone, renew]);

  const shown = challenge === 'asking' ? null : challenge;
  return (
    <div className="challenge" hidden={hidden}>
      <p>{t('signIn.emergency.how')}</p>
      <p role="status" className="challenge-code" data-testid="challenge">
        {shown && (
          <>
            <span aria-hidden="true">{shown}</span>
            <span className="unseen">{[...shown.replaceAll('-', '')].join(' ')}</span>
          </>
        )}
        {challenge === 'asking' && '····-····'}
        {challenge === null && <span className="challenge-none">{t('signIn.emergency.none')}</span>}
      </p>
      <p className="challenge-about">{t('signIn.emergency.about', { pc: pcName, user: userName })}</p>
      <button type="button" className="proof-link" onClick={() => void renew()}>
        {t('signIn.emergency.renew')}
      </button>
    </div>
  );
}
