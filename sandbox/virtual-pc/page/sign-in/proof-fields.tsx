import { type HTMLAttributes, useEffect, useRef } from 'react';
import { stretchOf } from '../countdown.ts';
import { ArrowIcon } from '../icons.tsx';
import { useSpeech } from '../language.tsx';
import { refusalText } from './refusals.ts';
import type { Proof } from './use-proof.ts';
import { type Field, fieldsOf, type Way } from './ways.ts';

interface FieldLook {
  type: 'password' | 'text';
  inputMode: HTMLAttributes<HTMLInputElement>['inputMode'];
  autoComplete: string;
  maxLength: number;
}
const letters: FieldLook = { type: 'text', inputMode: 'text', autoComplete: 'off', maxLength: 64 };
const LOOKS: Record<Field, FieldLook> = {
  password: { type: 'password', inputMode: 'text', autoComplete: 'off', maxLength: 256 },
  code: { type: 'text', inputMode: 'numeric', autoComplete: 'one-time-code', maxLength: 64 },
  recoveryCode: letters,
  emergencyResponse: letters,
};

/** The fields of a proof on one page, with the button in the last; what was refused stands below them. */
export function ProofFields({ proof, id }: { proof: Proof; id: string }) {
  const { t } = useSpeech();
  const { fields, typed, refusal, focus, busy, heldUpSeconds, tile } = proof;
  const inputs = useRef<Partial<Record<Field, HTMLInputElement | null>>>({});
  const heldUp = heldUpSeconds > 0;
  const first = fields[0];

  // When the fields come, when they can be used again, and whenever somebody should go on in another one.
  useEffect(() => {
    if (busy || heldUp || !first) return;
    const input = inputs.current[focus.field ?? first] ?? inputs.current[first];
    input?.focus();
    input?.select();
  }, [busy, heldUp, first, focus]);

  const nameOf = (field: Field): string =>
    field === 'code' && tile?.codeOptional ? t('signIn.field.codeOptional') : t(`signIn.field.${field}`);
  return (
    <div className="proof-fields" hidden={busy || fields.length === 0}>
      {fields.map((field, n) => (
        <div className="proof-field" key={field}>
          <input
            ref={(input) => {
              inputs.current[field] = input;
            }}
            {...LOOKS[field]}
            name={field}
            value={typed[field]}
            spellCheck={false}
            autoCapitalize={field === 'password' || field === 'code' ? 'none' : 'characters'}
            aria-label={nameOf(field)}
            placeholder={nameOf(field)}
            disabled={heldUp}
            aria-invalid={refusal !== null && isAbout(field, proof)}
            aria-describedby={refusal || heldUp ? id : undefined}
            onChange={({ target }) => proof.type(field, target.value)}
          />
          {n === fields.length - 1 && (
            <button type="submit" aria-label={t('signIn.submit')} disabled={heldUp}>
              <ArrowIcon />
            </button>
          )}
        </div>
      ))}
    </div>
  );
}

const isAbout = (field: Field, { focus, fields }: Proof): boolean => (focus.field ?? fields[0]) === field;

/** Why the last try came to nothing, or how long to wait. `clock` shows when that will be. */
export function ProofRefusal({
  proof,
  id,
  clock,
}: {
  proof: Proof;
  id: string;
  /** The time of day so many seconds from now, as the PC shows it. */
  clock: (seconds: number) => string;
}) {
  const { t } = useSpeech();
  const { refusal, heldUpSeconds, busy } = proof;
  const said = refusal && refusalText(refusal);
  return (
    <div id={id} className="refusal">
      <p role="alert">{said && !busy ? t(said.key, said.values) : ''}</p>
      {heldUpSeconds > 0 && !busy && <HeldUp seconds={heldUpSeconds} until={clock(heldUpSeconds)} />}
    </div>
  );
}

/** Said aloud once, not every second; the seconds are for the eye. */
function HeldUp({ seconds, until }: { seconds: number; until: string }) {
  const { t } = useSpeech();
  const left = stretchOf(seconds);
  return (
    <p className="held-up">
      <span role="status">{t('signIn.heldUp', { time: until })}</span>
      <span className="held-up-left" aria-hidden="true">
        {t('countdown.left', { stretch: t(left.key, left.values) })}
      </span>
    </p>
  );
}

/** The other ways to prove who one is, as links. */
export function ProofWays({ proof }: { proof: Proof }) {
  const { t } = useSpeech();
  const { tile, ways, way, busy } = proof;
  if (!tile || busy) return null;
  const label = (other: Way): string => {
    if (other === 'recovery' || other === 'emergency') return t(`signIn.way.${other}`);
    const fields = fieldsOf(tile, other);
    if (!fields.includes('code')) return t('signIn.way.password');
    return t(fields.length === 1 ? 'signIn.way.codeAlone' : 'signIn.way.code');
  };
  const others = ways.filter((other) => other !== way);
  return others.length === 0 ? null : (
    <ul className="proof-ways">
      {others.map((other) => (
        <li key={other}>
          <button type="button" className="proof-link" onClick={() => proof.chooseWay(other)}>
            {label(other)}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The offer to let the code alone do from the next sign-in on, and what is kept for that. */
export function SealOffer({ proof }: { proof: Proof }) {
  const { t } = useSpeech();
  const { tile, way, fields, busy, heldUpSeconds } = proof;
  if (!tile?.maySealPassword || way !== 'asked' || !fields.includes('password') || busy) return null;
  return (
    <label className="seal-offer">
      <input
        type="checkbox"
        checked={proof.sealPassword}
        disabled={heldUpSeconds > 0}
        onChange={({ target }) => proof.setSealPassword(target.checked)}
      />
      <span>
        {t('signIn.seal')}
        <span className="seal-note">{t('signIn.sealNote')}</span>
      </span>
    </label>
  );
}
