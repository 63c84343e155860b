import type { Act } from './connection.ts';
import { useSpeech } from './language.tsx';
import { Spinner } from './spinner.tsx';

/** What the monitor shows while Windows is not there. */
export function PowerScreen({ power, act }: { power: 'off' | 'starting' | 'stopping' | 'asleep'; act: Act }) {
  const { t } = useSpeech();
  if (power === 'asleep') {
    const wake = () => void act({ type: 'wake' });
    return (
      <button
        type="button"
        className="power-screen asleep"
        data-first-focus
        aria-label={t('power.wake')}
        onClick={wake}
        onKeyDown={({ key }) => {
          if (key !== 'Tab' && key !== 'Enter' && key !== ' ') wake();
        }}
      >
        <span>{t('power.asleep')}</span>
        <span className="power-hint">{t('power.asleepHint')}</span>
      </button>
    );
  }
  return (
    <div className={`power-screen ${power}`} role="status">
      {power !== 'off' && <Spinner />}
      <span>{t(`power.${power}`)}</span>
      {power === 'off' && <span className="power-hint">{t('power.offHint')}</span>}
    </div>
  );
}
