import { useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { PcState, UserView } from '../page-messages.ts';
import { clientStateOf } from './client-state.ts';
import type { Act } from './connection.ts';
import { NetworkIcon, NetworkOffIcon, SearchIcon, StartIcon, TrayAppIcon } from './icons.tsx';
import { useSpeech } from './language.tsx';
import { RegistrationWindow } from './registration/registration-window.tsx';
import { APPS, StartMenu } from './start-menu.tsx';
import { TrayFlyout } from './tray-flyout.tsx';

/** Wallpaper, taskbar, and what opens from it. */
export function Desktop({
  state,
  user,
  now,
  act,
  onSwitchUser,
}: {
  state: PcState;
  user: UserView;
  now: Date;
  act: Act;
  onSwitchUser: () => void;
}) {
  const { t, time, shortDate } = useSpeech();
  const [open, setOpen] = useState<'start' | 'tray' | 'registration' | null>(null);
  const start = useRef<HTMLButtonElement>(null);
  const tray = useRef<HTMLButtonElement>(null);
  const client = clientStateOf(user);
  const network = state.cablePlugged ? t('desktop.networkUp') : t('desktop.networkDown');
  const index = state.users.findIndex(({ sid }) => sid === user.sid);

  const close = () => {
    const opener = open === 'start' ? start : tray;
    // What was inert behind a window cannot take the focus before that is gone.
    flushSync(() => setOpen(null));
    opener.current?.focus();
  };
  useEffect(() => {
    if (!open || open === 'registration') return;
    const closeOutside = ({ target }: PointerEvent) => {
      const inside = target instanceof Element && target.closest('.popup, .taskbar button');
      if (!inside) setOpen(null);
    };
    document.addEventListener('pointerdown', closeOutside);
    return () => document.removeEventListener('pointerdown', closeOutside);
  }, [open]);

  return (
    <section
      className="desktop"
      aria-label={t('desktop.label', { user: user.displayName })}
      onKeyDown={({ key }) => {
        if (key === 'Escape' && open) close();
      }}
    >
      <div className="desktop-rest" inert={open === 'registration'}>
        <div className="desktop-icon" aria-hidden="true">
          <span className="bin" />
          {t('desktop.recycleBin')}
        </div>
        {open === 'start' && (
          <StartMenu
            user={user}
            index={index}
            act={act}
            onSwitchUser={onSwitchUser}
            onClose={() => setOpen(null)}
          />
        )}
        {open === 'tray' && (
          <TrayFlyout state={state} user={user} onRegister={() => setOpen('registration')} onClose={close} />
        )}
        <div className="taskbar" role="toolbar" aria-label={t('desktop.taskbar')}>
          <div className="taskbar-middle">
            <button
              ref={start}
              type="button"
              className="taskbar-button"
              data-first-focus
              aria-label={t('desktop.start')}
              aria-expanded={open === 'start'}
              onClick={() => setOpen(open === 'start' ? null : 'start')}
            >
              <StartIcon />
            </button>
            <span className="taskbar-button decoration" aria-hidden="true">
              <SearchIcon />
            </span>
            {APPS.slice(0, 4).map((app) => (
              <span key={app} className="taskbar-button decoration" aria-hidden="true">
                <span className={`app-icon ${app}`} />
              </span>
            ))}
          </div>
          <div className="taskbar-end">
            <button
              ref={tray}
              type="button"
              className="tray-button"
              data-testid="tray-icon"
              data-client-state={client.tone}
              aria-label={t('desktop.tray', { status: t(client.key, client.values) })}
              aria-expanded={open === 'tray'}
              onClick={() => setOpen(open === 'tray' ? null : 'tray')}
            >
              <TrayAppIcon />
              {client.badge !== null && <span className="badge">{client.badge}</span>}
            </button>
            <span className="tray-sign" role="img" aria-label={network} title={network}>
              {state.cablePlugged ? <NetworkIcon /> : <NetworkOffIcon />}
            </span>
            <span className="taskbar-clock">
              <span>{time(now, state.timeZone)}</span>
              <span>{shortDate(now, state.timeZone)}</span>
            </span>
          </div>
        </div>
      </div>
      {open === 'registration' && (
        <RegistrationWindow state={state} user={user} now={now} act={act} onClose={close} />
      )}
    </section>
  );
}
