const DOTS = 5;

/** Dots going round. */
export function Spinner() {
  return (
    <span className="spinner" aria-hidden="true">
      {Array.from({ length: DOTS }, (_, n) => `dot-${n}`).map((dot, n) => (
        <span key={dot} style={{ animationDelay: `${n * 0.13}s` }} />
      ))}
    </span>
  );
}
