import { useEffect } from 'react';
import type { PcState } from '../page-messages.ts';
import { NetworkIcon, NetworkOffIcon } from './icons.tsx';
import { useSpeech } from './language.tsx';

/** Clock and date over the picture; any key or click goes on to signing in. */
export function LockScreen({ state, now, onLift }: { state: PcState; now: Date; onLift: () => void }) {
  const { t, time, longDate } = useSpeech();
  useEffect(() => {
    // With the focus nowhere in particular, as after loading the page, any key counts too.
    const lift = (event: KeyboardEvent) => {
      if (document.activeElement !== document.body || isModifier(event.key)) return;
      // As on Windows, the key that lifts the curtain is not the first of the password.
      event.preventDefault();
      onLift();
    };
    document.addEventListener('keydown', lift);
    return () => document.removeEventListener('keydown', lift);
  }, [onLift]);

  return (
    <button
      type="button"
      className="lock-screen"
      data-first-focus
      aria-label={`${t('lock.label')} ${time(now, state.timeZone)} ${longDate(now, state.timeZone)} ${t('lock.hint')}`}
      onClick={onLift}
      onKeyDown={(event) => {
        if (isModifier(event.key) || event.key === 'Tab') return;
        event.preventDefault();
        onLift();
      }}
    >
      <span className="lock-clock">
        <span className="lock-time">{time(now, state.timeZone)}</span>
        <span className="lock-date">{longDate(now, state.timeZone)}</span>
      </span>
      <span className="lock-hint">{t('lock.hint')}</span>
      <span className="lock-corner">{state.cablePlugged ? <NetworkIcon /> : <NetworkOffIcon />}</span>
    </button>
  );
}

const isModifier = (key: string): boolean => ['Shift', 'Control', 'Alt', 'Meta', 'CapsLock'].includes(key);
