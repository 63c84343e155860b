import {
  type HTMLAttributes,
  type SubmitEvent,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { NO_WAIT, stretchOf, useCountdown, type Wait } from '../countdown.ts';
import { useSpeech } from '../language.tsx';
import type { Refused } from '../pc-requests.ts';
import { Spinner } from '../spinner.tsx';
import { problemText, spendsCode, type TypedCode } from './problems.ts';

/** One code, a button, and why it was refused. Waits by itself when told to. */
export function CodeForm({
  kind,
  label,
  placeholder,
  submitLabel,
  send,
}: {
  kind: TypedCode;
  label: string;
  /** What such a code looks like. */
  placeholder: string;
  submitLabel: string;
  /** Null when it was taken. */
  send: (code: string) => Promise<Refused | null>;
}) {
  const { t } = useSpeech();
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refused | null>(null);
  const [wait, setWait] = useState<Wait>(NO_WAIT);
  const over = useCallback(() => setRefused(null), []);
  const seconds = useCountdown(wait, over);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();

  const blocked = busy || seconds > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: back into the field after every answer
  useEffect(() => {
    if (blocked) return;
    field.current?.focus();
    field.current?.select();
  }, [blocked, kind]);

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (blocked || code.trim() === '') return;
    setBusy(true);
    setRefused(null);
    const answer = await send(code);
    setBusy(false);
    setRefused(answer);
    if (!answer || spendsCode(answer)) setCode('');
    if (answer?.retryAfterMs) setWait({ waitMs: answer.retryAfterMs, heardAtMs: performance.now() });
  };

  const said = refused && problemText(refused, kind);
  const left = stretchOf(seconds);
  return (
    <form className="code-form" onSubmit={(event) => void submit(event)}>
      <label htmlFor={`${id}-field`}>{label}</label>
      <div className="code-row">
        <input
          ref={field}
          id={`${id}-field`}
          {...look(kind)}
          value={code}
          maxLength={64}
          spellCheck={false}
          placeholder={placeholder}
          readOnly={blocked}
          aria-disabled={blocked}
          aria-invalid={refused !== null}
          aria-describedby={`${id}-problem`}
          onChange={({ target }) => setCode(target.value)}
        />
        <button type="submit" className="primary" disabled={blocked || code.trim() === ''}>
          {busy ? <Spinner /> : submitLabel}
        </button>
      </div>
      <p id={`${id}-problem`} className="problem" role="alert">
        {said && t(said.key, said.values)}
      </p>
      {seconds > 0 && (
        <p className="problem" aria-hidden="true">
          {t('countdown.left', { stretch: t(left.key, left.values) })}
        </p>
      )}
    </form>
  );
}

function look(
  kind: TypedCode,
): Pick<HTMLAttributes<HTMLInputElement>, 'inputMode' | 'autoCapitalize'> & { autoComplete: string } {
  return kind === 'otp'
    ? { inputMode: 'numeric', autoCapitalize: 'none', autoComplete: 'one-time-code' }
    : { inputMode: 'text', autoCapitalize: 'characters', autoComplete: 'off' };
}
