import type { PcState, UserView } from '../../page-messages.ts';
import { KeyIcon } from '../icons.tsx';
import { useSpeech } from '../language.tsx';
import { problemText } from './problems.ts';
import { isUnfinished, standingOf } from './standing.ts';
import { useAccount } from './use-account.ts';

/** In the tray's flyout: how the account stands, and the way to its registration. */
export function AccountLine({ state, user, onOpen }: { state: PcState; user: UserView; onOpen: () => void }) {
  const { t } = useSpeech();
  const status = user.client?.status;
  const about = `${user.enforcement} ${status?.server} ${status?.today?.linked}`;
  const { standing, refused } = useAccount(state.core, about);
  const name = standing && standingOf(standing);
  const unfinished = name !== null && isUnfinished(name);
  const problem = refused && problemText(refused, 'nothing');
  return (
    <div className={unfinished ? 'account-line warning' : 'account-line'} data-standing={name ?? 'unknown'}>
      <KeyIcon />
      <p role="status">
        {name && t(`registration.standing.${name}`)}
        {!name && (problem ? t(problem.key, problem.values) : t('registration.loading'))}
      </p>
      <button type="button" className={unfinished ? 'primary' : 'quiet'} onClick={onOpen}>
        {t('registration.title')}
      </button>
    </div>
  );
}
