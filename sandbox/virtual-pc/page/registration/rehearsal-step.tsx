import { useId } from 'react';
import type { UserView } from '../../page-messages.ts';
import type { Act } from '../connection.ts';
import { useSpeech } from '../language.tsx';
import { ProofFields, ProofRefusal, SealOffer } from '../sign-in/proof-fields.tsx';
import { reasonText } from '../sign-in/refusals.ts';
import { useProof } from '../sign-in/use-proof.ts';
import { Spinner } from '../spinner.tsx';
import { StepHeading } from './step-heading.tsx';

/** Password and code as the next sign-in will ask for them, while a mistake costs nothing. */
export function RehearsalStep({
  user,
  now,
  timeZone,
  act,
  onDone,
}: {
  user: UserView;
  /** By the PC's clock. */
  now: Date;
  timeZone: string;
  act: Act;
  onDone: () => void;
}) {
  const { t, time } = useSpeech();
  const id = useId();
  const proof = useProof({
    sid: user.sid,
    rehearsal: true,
    about: 'rehearsal',
    prove: async (credentials) => {
      const refused = await act({ type: 'rehearse', credentials });
      if (!refused) onDone();
      return refused;
    },
  });
  // Without a code to ask for there is nothing to rehearse.
  const plain = proof.tile !== null && proof.tile.action !== 'ask';
  const said = plain && proof.tile ? reasonText(proof.tile.reason) : null;
  return (
    <>
      <StepHeading>{t('registration.rehearsal.title')}</StepHeading>
      <p>{t('registration.rehearsal.why')}</p>
      <p>{t('registration.rehearsal.how')}</p>
      <form className="rehearsal" data-testid="rehearsal" onSubmit={proof.submit}>
        {(proof.busy || !proof.tile) && (
          <p className="loading" role="status">
            <Spinner />
            {t(proof.unheard ? 'signIn.unheard' : 'signIn.checking')}
          </p>
        )}
        {plain && (
          <p className="note" role="status">
            {t('registration.rehearsal.notAsked')} {said && t(said.key, said.values)}
          </p>
        )}
        {!plain && <ProofFields proof={proof} id={id} />}
        <ProofRefusal
          proof={proof}
          id={id}
          clock={(seconds) => time(new Date(now.getTime() + seconds * 1_000), timeZone)}
        />
        <SealOffer proof={proof} />
      </form>
      {user.passwordHint && (
        <p className="aside">
          {t('signIn.hint')} <code>{user.passwordHint}</code>
        </p>
      )}
    </>
  );
}
