import { useEffect, useId, useRef, useState } from 'react';
import type { PcState, UserView } from '../../page-messages.ts';
import type { Act } from '../connection.ts';
import { TrayAppIcon } from '../icons.tsx';
import { useSpeech } from '../language.tsx';
import { RegistrationSteps, type Unfinished } from './registration-steps.tsx';

/**
 * The tray app's window 「アカウントの登録」. The rest of the desktop is inert meanwhile, so the focus stays in it on the PC's screen. Not
 * `aria-modal`: the room around the monitor, with the phone in it, is to be reached by everybody.
 */
export function RegistrationWindow({
  state,
  user,
  now,
  act,
  onClose,
}: {
  state: PcState;
  user: UserView;
  now: Date;
  act: Act;
  onClose: () => void;
}) {
  const { t } = useSpeech();
  const id = useId();
  const [unfinished, setUnfinished] = useState<Unfinished>(null);
  const [asking, setAsking] = useState(false);
  const close = () => {
    if (unfinished) setAsking(true);
    else onClose();
  };
  return (
    <div
      className="window registration"
      role="dialog"
      aria-labelledby={id}
      data-testid="registration"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        if (asking) setAsking(false);
        else close();
      }}
    >
      <header className="title-bar">
        <TrayAppIcon />
        <h2 id={id}>{t('registration.title')}</h2>
        <button type="button" aria-label={t('registration.close')} onClick={close}>
          ×
        </button>
      </header>
      <div className="window-body" inert={asking}>
        <RegistrationSteps
          state={state}
          user={user}
          now={now}
          act={act}
          onUnfinished={setUnfinished}
          onClose={onClose}
        />
      </div>
      {asking && unfinished && (
        <CloseQuestion unfinished={unfinished} onStay={() => setAsking(false)} onLeave={onClose} />
      )}
    </div>
  );
}

function CloseQuestion({
  unfinished,
  onStay,
  onLeave,
}: {
  unfinished: NonNullable<Unfinished>;
  onStay: () => void;
  onLeave: () => void;
}) {
  const { t } = useSpeech();
  const id = useId();
  const stay = useRef<HTMLButtonElement>(null);
  useEffect(() => stay.current?.focus(), []);
  return (
    <div className="question-veil">
      <div
        className="question"
        role="alertdialog"
        aria-modal="true"
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-text`}
      >
        <h3 id={`${id}-title`}>{t('registration.leave.title')}</h3>
        <p id={`${id}-text`}>{t(`registration.leave.${unfinished}`)}</p>
        <div className="step-actions">
          <button type="button" className="quiet" onClick={onLeave}>
            {t('registration.leave.leave')}
          </button>
          <button ref={stay} type="button" className="primary" onClick={onStay}>
            {t('registration.leave.stay')}
          </button>
        </div>
      </div>
    </div>
  );
}
