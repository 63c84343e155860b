import { useEffect, useRef } from 'react';
import type { PcState } from '../../page-messages.ts';
import { Avatar } from '../avatar.tsx';
import { useSpeech } from '../language.tsx';

/** Everybody who may use the PC; the list scrolls when it is long. */
export function UserTiles({
  state,
  chosen,
  onChoose,
}: {
  state: PcState;
  chosen: string;
  onChoose: (sid: string) => void;
}) {
  const { t } = useSpeech();
  const list = useRef<HTMLUListElement>(null);
  // Who is chosen is in sight from the start.
  useEffect(() => {
    void list.current?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <ul ref={list} className="user-tiles" aria-label={t('signIn.users')}>
      {state.users.map((user, n) => (
        <li key={user.sid}>
          <button type="button" aria-current={user.sid === chosen} onClick={() => onChoose(user.sid)}>
            <Avatar displayName={user.displayName} index={n} />
            <span>
              <span className="tile-name">{user.displayName}</span>
              {user.session && (
                <span className="tile-state">
                  {user.session === 'console' ? t('signIn.locked') : t('signIn.signedIn')}
                </span>
              )}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
