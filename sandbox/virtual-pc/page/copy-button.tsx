import { type ReactNode, useEffect, useState } from 'react';
import { useSpeech } from './language.tsx';

const SAID_MS = 2_500;

/** Copies a text; says that it did, or that the browser does not let it. */
export function CopyButton({
  text,
  label,
  className,
  children,
}: {
  text: string;
  /** What it copies, for those who cannot see it. */
  label: string;
  className: string;
  children?: ReactNode;
}) {
  const { t } = useSpeech();
  const [outcome, setOutcome] = useState<'copied' | 'failed' | null>(null);
  useEffect(() => {
    if (!outcome) return;
    const timer = setTimeout(() => setOutcome(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome('copied');
    } catch {
      setOutcome('failed');
    }
  };
  return (
    <>
      <button
        type="button"
        className={className}
        aria-label={label}
        title={label}
        onClick={() => void copy()}
      >
        {children}
        <span className="copy-word">{t(`copy.${outcome ?? 'copy'}`)}</span>
      </button>
      <span className="unseen" role="status">
        {outcome && t(`copy.${outcome}`)}
      </span>
    </>
  );
}
