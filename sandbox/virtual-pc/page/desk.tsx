import type { ReactNode } from 'react';
import type { PcState } from '../page-messages.ts';
import type { Act } from './connection.ts';
import { consoleUser } from './console-user.ts';
import { BridgeIcon, ClockIcon, PlugIcon, PowerIcon, TrayAppIcon } from './icons.tsx';
import { type Speech, useSpeech } from './language.tsx';
import { useRealTime } from './pc-clock.ts';
import { PhoneCard } from './phone/phone-card.tsx';

const MINUTE_MS = 60_000;
const CLOCK_MOVES = [
  { name: 'back1h', byMs: -60 * MINUTE_MS },
  { name: 'back5m', byMs: -5 * MINUTE_MS },
  { name: 'ahead5m', byMs: 5 * MINUTE_MS },
  { name: 'ahead1h', byMs: 60 * MINUTE_MS },
] as const;

interface Props {
  state: PcState;
  act: Act;
}

/** What hands can do around the PC, and the two programs of ours that run on it. */
export function Desk({ state, act }: Props) {
  const { t } = useSpeech();
  const nowMs = useRealTime(state);
  return (
    <aside className="desk" aria-label={t('desk.label')}>
      <h2>{t('desk.label')}</h2>
      <PhoneCard nowMs={nowMs} timeZone={state.timeZone} />
      <Power state={state} act={act} />
      <Cable state={state} act={act} />
      <PcClock state={state} act={act} />
      <Client state={state} act={act} />
      <Bridge state={state} />
    </aside>
  );
}

function Card({ title, icon, children }: { title: string; icon: ReactNode; children: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <h3>
        {icon}
        {title}
      </h3>
      {children}
    </section>
  );
}

function Power({ state, act }: Props) {
  const { t } = useSpeech();
  const off = state.power === 'off';
  const condition = state.power === 'on' ? t('desk.powerIsOn') : t(`power.${state.power}`);
  return (
    <Card title={t('desk.power')} icon={<PowerIcon />}>
      <p className="condition" role="status">
        <span className={`dot ${state.power === 'on' ? 'good' : off ? 'stopped' : 'busy'}`} />
        {condition}
      </p>
      <div className="buttons">
        <button
          type="button"
          className="primary"
          disabled={!off}
          onClick={() => void act({ type: 'power-on' })}
        >
          {t('desk.powerOn')}
        </button>
        <button
          type="button"
          className="danger"
          disabled={off}
          title={t('desk.pullThePlugHint')}
          onClick={() => void act({ type: 'pull-the-plug' })}
        >
          {t('desk.pullThePlug')}
        </button>
      </div>
    </Card>
  );
}

function Cable({ state, act }: Props) {
  const { t } = useSpeech();
  const plugged = state.cablePlugged;
  return (
    <Card title={t('desk.cable')} icon={<PlugIcon />}>
      <button
        type="button"
        role="switch"
        className="cable"
        aria-checked={plugged}
        aria-label={t('desk.cable')}
        onClick={() => void act({ type: 'set-cable', plugged: !plugged })}
      >
        <CableDrawing />
        <span className="cable-state">{plugged ? t('desk.cableIn') : t('desk.cableOut')}</span>
        <span className="knob" aria-hidden="true" />
      </button>
    </Card>
  );
}

/** A plug that slides into its socket. */
function CableDrawing() {
  return (
    <svg className="cable-drawing" viewBox="0 0 92 28" aria-hidden="true">
      <path className="wire" d="M0 14h18" />
      <g className="plug">
        <path className="wire" d="M0 14h26" />
        <rect x="24" y="6" width="20" height="16" rx="3" />
        <path className="pins" d="M44 10h6M44 14h6M44 18h6" />
      </g>
      <path className="socket" d="M62 3h24a3 3 0 0 1 3 3v16a3 3 0 0 1-3 3H62z" />
      <circle className="link" cx="80" cy="9" r="2" />
    </svg>
  );
}

/** A stretch of time in words, without its sign. */
function stretch(t: Speech['t'], ms: number): string {
  const minutes = Math.round(Math.abs(ms) / MINUTE_MS);
  const hours = Math.floor(minutes / 60);
  if (minutes >= 24 * 60) return t('desk.days', { days: Math.floor(hours / 24), hours: hours % 24 });
  if (hours === 0) return t('desk.minutes', { n: minutes });
  return minutes % 60 === 0
    ? t('desk.hours', { n: hours })
    : t('desk.hoursMinutes', { hours, minutes: minutes % 60 });
}

function PcClock({ state, act }: Props) {
  const { t } = useSpeech();
  const { clockOffsetMs, power } = state;
  const by = stretch(t, clockOffsetMs);
  const condition =
    clockOffsetMs === 0
      ? t('desk.clockRight')
      : t(clockOffsetMs > 0 ? 'desk.clockAhead' : 'desk.clockBehind', { by });
  return (
    <Card title={t('desk.clock')} icon={<ClockIcon />}>
      <p className="condition" role="status">
        <span className={`dot ${clockOffsetMs === 0 ? 'good' : 'warning'}`} />
        {condition}
        <button
          type="button"
          className="link-button"
          hidden={clockOffsetMs === 0}
          disabled={power !== 'on'}
          onClick={() => void act({ type: 'set-clock-right' })}
        >
          {t('desk.setRight')}
        </button>
      </p>
      <div className="buttons four">
        {CLOCK_MOVES.map(({ name, byMs }) => (
          <button
            key={name}
            type="button"
            aria-label={t(`desk.${name}`)}
            disabled={power !== 'on'}
            onClick={() => void act({ type: 'move-clock', byMs })}
          >
            {t(`desk.short.${name}`)}
          </button>
        ))}
      </div>
    </Card>
  );
}

function Client({ state, act }: Props) {
  const { t } = useSpeech();
  const client = consoleUser(state)?.client;
  const running = client?.running ?? false;
  const condition = running ? 'desk.clientRunning' : client ? 'desk.clientStopped' : 'desk.clientNone';
  return (
    <Card title={t('desk.client')} icon={<TrayAppIcon />}>
      <div className="row">
        <p className="condition" role="status">
          <span className={`dot ${running ? 'good' : client ? 'warning' : 'stopped'}`} />
          {t(condition)}
        </p>
        <button
          type="button"
          disabled={!client}
          onClick={() => void act({ type: running ? 'kill-client' : 'start-client' })}
        >
          {client && !running ? t('desk.startClient') : t('desk.killClient')}
        </button>
      </div>
      {client && !running && <p className="card-note">{t('tray.stoppedNote')}</p>}
    </Card>
  );
}

function Bridge({ state: { bridge, core, coreProblem } }: { state: PcState }) {
  const { t } = useSpeech();
  const registered = bridge.registered ? 'desk.bridgeRegistered' : 'desk.bridgeUnregistered';
  const code = bridge.lastProblem;
  const tone = !bridge.running ? 'stopped' : bridge.registered && !code ? 'good' : 'warning';
  return (
    <Card title={t('desk.bridge')} icon={<BridgeIcon />}>
      <p className="condition" role="status">
        <span className={`dot ${tone}`} />
        {bridge.running ? t(registered) : t('desk.bridgeOff')}
      </p>
      {bridge.running && (
        <ul className="details">
          <li>{t('desk.unreceived', { n: bridge.unreceived })}</li>
          {code && <li className="warning">{t(`problem.${code}`, {}, t('desk.serverSaid', { code }))}</li>}
          {core === 'missing' && <li className="warning">{t('desk.coreMissing')}</li>}
          {coreProblem && <li className="warning">{t('desk.coreProblem', { code: coreProblem })}</li>}
          {bridge.journalSetAside && <li className="warning">{t('desk.journalSetAside')}</li>}
        </ul>
      )}
    </Card>
  );
}
