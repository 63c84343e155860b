import { useEffect, useRef } from 'react';
import type { UserView } from '../page-messages.ts';
import { Avatar } from './avatar.tsx';
import type { Act } from './connection.ts';
import { LockIcon, SignOutIcon, UsersIcon } from './icons.tsx';
import { useSpeech } from './language.tsx';
import { MenuButton } from './menu.tsx';
import { PowerMenu } from './power-menu.tsx';

export const APPS = ['explorer', 'mail', 'browser', 'calendar', 'notes', 'settings'] as const;

/** Apps that are only there to be seen, and the ways to leave the session. */
export function StartMenu({
  user,
  index,
  act,
  onSwitchUser,
  onClose,
}: {
  user: UserView;
  index: number;
  act: Act;
  onSwitchUser: () => void;
  onClose: () => void;
}) {
  const { t } = useSpeech();
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => menu.current?.querySelector<HTMLElement>('.account-button')?.focus(), []);
  const leave = (type: 'lock' | 'sign-out') => () => {
    onClose();
    void act({ type });
  };
  const items = [
    { key: 'lock', label: t('startMenu.lock'), icon: <LockIcon />, onChoose: leave('lock') },
    { key: 'sign-out', label: t('startMenu.signOut'), icon: <SignOutIcon />, onChoose: leave('sign-out') },
    { key: 'switch-user', label: t('startMenu.switchUser'), icon: <UsersIcon />, onChoose: onSwitchUser },
  ];
  return (
    <div ref={menu} className="popup start-menu" role="dialog" aria-label={t('startMenu.label')}>
      <h3>{t('desktop.pinned')}</h3>
      <ul className="pinned" title={t('desktop.pinnedNote')}>
        {APPS.map((app) => (
          <li key={app}>
            <span className={`app-icon ${app}`} aria-hidden="true" />
            {t(`apps.${app}`)}
          </li>
        ))}
      </ul>
      <div className="start-menu-foot">
        <MenuButton
          label={t('startMenu.account', { user: user.displayName })}
          className="account-button"
          items={items}
          align="left"
        >
          <Avatar displayName={user.displayName} index={index} />
          <span>{user.displayName}</span>
        </MenuButton>
        <PowerMenu act={act} className="foot-button" />
      </div>
    </div>
  );
}
