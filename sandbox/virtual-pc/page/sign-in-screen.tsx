import { type SubmitEvent, useEffect, useId, useRef, useState } from 'react';
import type { PcState, UserView } from '../page-messages.ts';
import { Avatar } from './avatar.tsx';
import { ArrowIcon, NetworkIcon, NetworkOffIcon } from './icons.tsx';
import { useSpeech } from './language.tsx';
import { type Act, consoleUser } from './monitor.tsx';
import { PowerMenu } from './power-menu.tsx';
import { Spinner } from './spinner.tsx';

/** Who was chosen last, over lock and unlock. */
const LAST_USER = 'virtual-pc.user';

const firstChosen = (state: PcState): string =>
  consoleUser(state)?.sid ??
  state.users.find(({ sid }) => sid === sessionStorage.getItem(LAST_USER))?.sid ??
  state.users[0]?.sid ??
  '';

/** Choose a user at the lower left, prove who you are in the middle. */
export function SignInScreen({ state, act, onBack }: { state: PcState; act: Act; onBack: () => void }) {
  const { t } = useSpeech();
  const [chosen, setChosen] = useState(() => firstChosen(state));
  const index = Math.max(
    0,
    state.users.findIndex(({ sid }) => sid === chosen),
  );
  const user = state.users[index];
  return (
    <section className="sign-in-screen" aria-label={t('signIn.label')}>
      {user && <SignInForm key={user.sid} user={user} index={index} act={act} onBack={onBack} />}
      <ul className="user-tiles" aria-label={t('signIn.users')}>
        {state.users.map((one, n) => (
          <li key={one.sid}>
            <button
              type="button"
              aria-current={one.sid === chosen}
              onClick={() => {
                sessionStorage.setItem(LAST_USER, one.sid);
                setChosen(one.sid);
              }}
            >
              <Avatar displayName={one.displayName} index={n} />
              <span>
                <span className="tile-name">{one.displayName}</span>
                {one.session && (
                  <span className="tile-state">
                    {one.session === 'console' ? t('signIn.locked') : t('signIn.signedIn')}
                  </span>
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div className="sign-in-corner">
        <span className="corner-sign">{state.cablePlugged ? <NetworkIcon /> : <NetworkOffIcon />}</span>
        <PowerMenu act={act} className="corner-button" />
      </div>
    </section>
  );
}

function SignInForm({
  user,
  index,
  act,
  onBack,
}: {
  user: UserView;
  index: number;
  act: Act;
  onBack: () => void;
}) {
  const { t } = useSpeech();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const refusalId = useId();
  useEffect(() => {
    if (!busy) field.current?.focus();
  }, [busy]);

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const password = field.current?.value ?? '';
    const result = await act({ type: 'sign-in', sid: user.sid, credentials: { password } });
    if (result.done) return;
    setBusy(false);
    setRefusal(result.reason);
    if (field.current) field.current.value = '';
  };

  return (
    <form className="sign-in-form" onSubmit={(event) => void submit(event)}>
      <Avatar displayName={user.displayName} index={index} />
      <h2>{user.displayName}</h2>
      {busy ? (
        <p className="welcome" role="status">
          <Spinner />
          {t('signIn.welcome')}
        </p>
      ) : null}
      <div className="password" hidden={busy}>
        <input
          ref={field}
          type="password"
          autoComplete="off"
          data-first-focus
          aria-label={t('signIn.password')}
          placeholder={t('signIn.password')}
          aria-invalid={refusal !== null}
          aria-describedby={refusal ? refusalId : undefined}
          onKeyDown={({ key }) => {
            if (key === 'Escape') onBack();
          }}
        />
        <button type="submit" aria-label={t('signIn.submit')}>
          <ArrowIcon />
        </button>
      </div>
      <p id={refusalId} className="refusal" role="alert">
        {refusal && !busy ? t(`signIn.${refusal}`) : ''}
      </p>
      <p className="sandbox-note">{t('signIn.sandboxNote')}</p>
    </form>
  );
}
