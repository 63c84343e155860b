import { useState } from 'react';
import type { PcState } from '../../page-messages.ts';
import type { Act } from '../connection.ts';
import { consoleUser } from '../console-user.ts';
import { NetworkIcon, NetworkOffIcon } from '../icons.tsx';
import { useSpeech } from '../language.tsx';
import { PowerMenu } from '../power-menu.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { UserTiles } from './user-tiles.tsx';

/** Who was chosen last, over lock and unlock. */
const LAST_USER = 'virtual-pc.user';

const firstChosen = (state: PcState): string =>
  consoleUser(state)?.sid ??
  state.users.find(({ sid }) => sid === sessionStorage.getItem(LAST_USER))?.sid ??
  state.users[0]?.sid ??
  '';

/** Choose a user at the lower left, prove who you are in the middle. */
export function SignInScreen({
  state,
  now,
  act,
  onBack,
}: {
  state: PcState;
  now: Date;
  act: Act;
  onBack: () => void;
}) {
  const { t } = useSpeech();
  const [chosen, setChosen] = useState(() => firstChosen(state));
  const index = Math.max(
    0,
    state.users.findIndex(({ sid }) => sid === chosen),
  );
  const user = state.users[index];
  const choose = (sid: string) => {
    sessionStorage.setItem(LAST_USER, sid);
    setChosen(sid);
  };
  return (
    <section className="sign-in-screen" aria-label={t('signIn.label')}>
      {user && (
        <SignInForm
          key={user.sid}
          state={state}
          user={user}
          index={index}
          now={now}
          act={act}
          onBack={onBack}
        />
      )}
      <UserTiles state={state} chosen={chosen} onChoose={choose} />
      <div className="sign-in-corner">
        <span className="corner-sign">{state.cablePlugged ? <NetworkIcon /> : <NetworkOffIcon />}</span>
        <PowerMenu act={act} className="corner-button" />
      </div>
    </section>
  );
}
