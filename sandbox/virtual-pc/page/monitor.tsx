import { useEffect, useRef, useState } from 'react';
import type { PcState } from '../page-messages.ts';
import type { Act } from './connection.ts';
import { consoleUser } from './console-user.ts';
import { Desktop } from './desktop.tsx';
import { useSpeech } from './language.tsx';
import { LockScreen } from './lock-screen.tsx';
import { usePcClock } from './pc-clock.ts';
import { PowerScreen } from './power-screen.tsx';
import { SignInScreen } from './sign-in/sign-in-screen.tsx';
import { Wallpaper } from './wallpaper.tsx';

type Screen = 'off' | 'starting' | 'stopping' | 'asleep' | 'lock' | 'sign-in' | 'desktop';

/** The PC's screen with what Windows shows on it. */
export function Monitor({ state, act }: { state: PcState; act: Act }) {
  const { t } = useSpeech();
  const now = usePcClock(state);
  const current = consoleUser(state);
  const inUse = state.power === 'on' && current !== undefined && !current.locked;
  const curtain = useCurtain(state, inUse);
  const glass = useRef<HTMLDivElement>(null);

  const screen: Screen =
    state.power !== 'on' ? state.power : inUse ? 'desktop' : curtain.down ? 'lock' : 'sign-in';
  useScreenFocus(glass, screen);
  useLockKey(screen === 'desktop', act);

  const onSwitchUser = () => {
    // Windows goes straight to the users.
    curtain.lift();
    void act({ type: 'switch-user' });
  };

  return (
    <section className="monitor" aria-label={t('page.monitor', { name: state.name })}>
      <div className="glass" ref={glass} data-testid="screen" data-screen={screen}>
        {(screen === 'lock' || screen === 'sign-in') && <Wallpaper blurred={screen === 'sign-in'} />}
        {screen === 'desktop' && <Wallpaper />}
        {screen === 'lock' && <LockScreen state={state} now={now} onLift={curtain.lift} />}
        {screen === 'sign-in' && <SignInScreen state={state} now={now} act={act} onBack={curtain.drop} />}
        {screen === 'desktop' && current && (
          <Desktop
            key={current.sid}
            state={state}
            user={current}
            now={now}
            act={act}
            onSwitchUser={onSwitchUser}
          />
        )}
        {(screen === 'off' || screen === 'starting' || screen === 'stopping' || screen === 'asleep') && (
          <PowerScreen power={screen} act={act} />
        )}
      </div>
      <div className="chin" aria-hidden="true">
        <span className={state.power === 'on' ? 'lamp lit' : 'lamp'} />
      </div>
      <div className="foot" aria-hidden="true" />
    </section>
  );
}

/**
 * The lock screen hangs before the sign-in screen like a curtain. It comes down whenever the PC becomes free (start, lock, sleep,
 * sign-out), and up by any key.
 */
function useCurtain(
  { power }: PcState,
  inUse: boolean,
): { down: boolean; lift: () => void; drop: () => void } {
  const [down, setDown] = useState(true);
  const [before, setBefore] = useState({ power, inUse });
  if (before.power !== power || before.inUse !== inUse) {
    setBefore({ power, inUse });
    if (inUse || power !== 'on') setDown(true);
  }
  return { down, lift: () => setDown(false), drop: () => setDown(true) };
}

/** Ctrl+Alt+L, as a browser cannot be given Windows+L. */
function useLockKey(active: boolean, act: Act): void {
  useEffect(() => {
    if (!active) return;
    const lock = (event: KeyboardEvent) => {
      if (!event.ctrlKey || !event.altKey || event.key.toLowerCase() !== 'l') return;
      event.preventDefault();
      void act({ type: 'lock' });
    };
    document.addEventListener('keydown', lock);
    return () => document.removeEventListener('keydown', lock);
  }, [active, act]);
}

/** A new screen takes the focus if the old one had it, so that the keyboard never falls off the monitor. */
function useScreenFocus(glass: { current: HTMLDivElement | null }, screen: Screen): void {
  const hadFocus = useRef(true);
  useEffect(() => {
    const remember = ({ target }: FocusEvent) => {
      hadFocus.current = target instanceof Node && (glass.current?.contains(target) ?? false);
    };
    document.addEventListener('focusin', remember);
    return () => document.removeEventListener('focusin', remember);
  }, [glass]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the screen is what it is about
  useEffect(() => {
    if (hadFocus.current) glass.current?.querySelector<HTMLElement>('[data-first-focus]')?.focus();
  }, [screen, glass]);
}
