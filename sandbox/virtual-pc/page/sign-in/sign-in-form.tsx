import { useId } from 'react';
import type { PcState, UserView } from '../../page-messages.ts';
import { Avatar } from '../avatar.tsx';
import type { Act } from '../connection.ts';
import { useSpeech } from '../language.tsx';
import { Spinner } from '../spinner.tsx';
import { EmergencyChallenge } from './emergency-challenge.tsx';
import { ProofFields, ProofRefusal, ProofWays, SealOffer } from './proof-fields.tsx';
import { reasonText } from './refusals.ts';
import { type Proof, useProof } from './use-proof.ts';

/** One user's tile: what the policy asks for, all on one page. */
export function SignInForm({
  state,
  user,
  index,
  now,
  act,
  onBack,
}: {
  state: PcState;
  user: UserView;
  index: number;
  /** By the PC's clock. */
  now: Date;
  act: Act;
  onBack: () => void;
}) {
  const { t, time } = useSpeech();
  const { sid, displayName, passwordHint } = user;
  const proof = useProof({
    sid,
    rehearsal: false,
    about: `${state.core} ${user.enforcement} ${user.session}`,
    prove: (credentials) => act({ type: 'sign-in', sid, credentials }),
  });
  const refusalId = useId();
  const { tile, busy } = proof;
  const emergency = proof.way === 'emergency' && tile !== null;

  return (
    <form
      className={emergency ? 'sign-in-form crowded' : 'sign-in-form'}
      data-testid="sign-in-form"
      data-action={tile?.action}
      data-reason={tile?.reason}
      data-way={proof.way}
      onSubmit={proof.submit}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onBack();
      }}
    >
      <Avatar displayName={displayName} index={index} />
      <h2>{displayName}</h2>
      {busy && (
        <p className="welcome" role="status">
          <Spinner />
          {t('signIn.checking')}
        </p>
      )}
      {emergency && (
        <EmergencyChallenge
          hidden={busy}
          sid={sid}
          pcName={state.name}
          userName={displayName}
          gone={proof.refusal?.reason === 'emergency-no-challenge'}
        />
      )}
      <TileState proof={proof} />
      <ProofFields proof={proof} id={refusalId} />
      <ProofRefusal
        proof={proof}
        id={refusalId}
        clock={(seconds) => time(new Date(now.getTime() + seconds * 1_000), state.timeZone)}
      />
      <SealOffer proof={proof} />
      <ProofWays proof={proof} />
      {tile && !busy && <TileReason proof={proof} />}
      {passwordHint && proof.fields.includes('password') && !busy && (
        <p className="sandbox-note">
          {t('signIn.hint')} <code>{passwordHint}</code>
        </p>
      )}
    </form>
  );
}

/** What stands in place of the fields while there are none. */
function TileState({ proof: { tile, unheard } }: { proof: Proof }) {
  const { t } = useSpeech();
  if (unheard)
    return (
      <p className="tile-waits" role="status">
        {t('signIn.unheard')}
      </p>
    );
  if (!tile || tile.action === 'wait') {
    return (
      <p className={tile ? 'tile-waits' : 'tile-waits unhurried'} role="status">
        <Spinner />
        {tile ? t('signIn.waiting') : t('signIn.asking')}
      </p>
    );
  }
  return tile.action === 'deny' ? (
    <p className="tile-waits" role="alert">
      {t('signIn.denied')}
    </p>
  ) : null;
}

/** One calm line on why the tile asks what it asks, and one on what a recovery code is. */
function TileReason({ proof: { tile, way } }: { proof: Proof }) {
  const { t } = useSpeech();
  if (!tile) return null;
  const said = reasonText(tile.reason);
  return (
    <>
      {said && <p className="tile-reason">{t(said.key, said.values)}</p>}
      {way === 'recovery' && (
        <p className="tile-reason">{t('signIn.recoveryLeft', { n: tile.recoveryCodesLeft })}</p>
      )}
    </>
  );
}
