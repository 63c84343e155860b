import { useEffect, useRef } from 'react';
import type { PunchState } from '../../../contract/me.ts';
import type { ClientView, PcState, UserView } from '../page-messages.ts';
import { clientStateOf } from './client-state.ts';
import { clockOutOf } from './clock-out.ts';
import { TrayAppIcon } from './icons.tsx';
import { useSpeech } from './language.tsx';
import { AccountLine } from './registration/account-line.tsx';

/** Somebody has to do something about such a punch. */
const ATTENTION: readonly PunchState[] = ['held', 'failed'];

/** The tray app's status as the client itself tells it. */
export function TrayFlyout({
  state: pc,
  user,
  onRegister,
  onClose,
}: {
  state: PcState;
  user: UserView;
  /** Opens the registration window. */
  onRegister: () => void;
  onClose: () => void;
}) {
  const { t, time } = useSpeech();
  const { timeZone } = pc;
  const state = clientStateOf(user);
  const status = user.client?.status ?? null;
  const flyout = useRef<HTMLDivElement>(null);
  useEffect(() => flyout.current?.focus(), []);
  return (
    <div
      ref={flyout}
      className="popup tray-flyout"
      role="dialog"
      aria-label={t('tray.label')}
      tabIndex={-1}
      data-testid="tray-flyout"
    >
      <header>
        <span className={`flyout-sign ${state.tone}`}>
          <TrayAppIcon />
        </span>
        <div className="flyout-title">
          <h3>{t('tray.title')}</h3>
          <p role="status">{t(state.key, state.values)}</p>
        </div>
        <button type="button" className="close" aria-label={t('tray.close')} onClick={onClose}>
          ×
        </button>
      </header>
      {state.tone === 'stopped' && <p className="flyout-note">{t('tray.stoppedNote')}</p>}
      {user.client?.running && <AccountLine state={pc} user={user} onOpen={onRegister} />}
      {status && (
        <>
          <Today today={status.today} />
          <dl className="facts">
            <div>
              <dt>{t('tray.waiting')}</dt>
              <dd>{t('tray.waitingCount', { n: status.waiting })}</dd>
            </div>
            <div>
              <dt>{t('tray.lastSent')}</dt>
              <dd>{status.lastSentAt ? time(status.lastSentAt, timeZone) : t('tray.never')}</dd>
            </div>
          </dl>
          {status.offlineSince && (
            <p className="flyout-note warning">
              {t('tray.offlineSince', { time: time(status.offlineSince, timeZone) })}
            </p>
          )}
          {status.refused > 0 && (
            <p className="flyout-note warning">{t('tray.refused', { n: status.refused })}</p>
          )}
          {status.problem && (
            <p className="flyout-code">
              {t(`problem.${status.problem}`, {}, t('tray.problem', { code: status.problem }))}
            </p>
          )}
        </>
      )}
    </div>
  );
}

function Today({ today }: { today: ClientView['today'] }) {
  const { t, time } = useSpeech();
  if (!today) return <p className="today quiet">{t('tray.todayUnknown')}</p>;
  if (!today.linked) return <p className="today quiet">{t('tray.notLinked')}</p>;
  const out = clockOutOf(today);
  return (
    <div className="today">
      <span className="today-label">{t('tray.today')}</span>
      <span className="today-time">{today.in ? time(today.in, today.timeZone) : t('tray.noClockIn')}</span>
      {today.inState && <PunchChip state={today.inState} />}
      {out && (
        <span className="today-out" data-testid="clock-out">
          {t('tray.clockOut')} {out.at && time(out.at, today.timeZone)}
          <PunchChip state={out.state} />
        </span>
      )}
      <HoldNote reason={today.inState === 'held' ? today.inReason : null} />
      <HoldNote reason={out?.heldFor ?? null} />
    </div>
  );
}

/** Why a punch waits for a look, for the one whose punch it is. One that was entered by hand has no reason. */
function HoldNote({ reason }: { reason: string | null }) {
  const { t } = useSpeech();
  if (reason === null) return null;
  const why = t(`holdReason.${reason}`, {}, t('holdReason.other', { code: reason }));
  return (
    <p className="hold-note">
      {why} {t('holdReason.next')}
    </p>
  );
}

function PunchChip({ state }: { state: PunchState }) {
  const { t } = useSpeech();
  const tone = ATTENTION.includes(state) ? 'warning' : '';
  return <span className={`chip ${tone}`}>{t(`punchState.${state}`)}</span>;
}
