const PETALS = 11;

/** A flower of light: the same picture behind lock screen, sign-in screen and desktop. */
export function Wallpaper({ blurred = false }: { blurred?: boolean }) {
  return (
    <svg
      className={blurred ? 'wallpaper blurred' : 'wallpaper'}
      viewBox="0 0 160 100"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      <defs>
        <radialGradient id="sky" cx="0.5" cy="0.62" r="0.8">
          <stop offset="0" stopColor="var(--sky-light)" />
          <stop offset="0.55" stopColor="var(--sky)" />
          <stop offset="1" stopColor="var(--sky-deep)" />
        </radialGradient>
        <linearGradient id="petal" x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stopColor="var(--petal-light)" stopOpacity="0.95" />
          <stop offset="0.5" stopColor="var(--petal)" stopOpacity="0.8" />
          <stop offset="1" stopColor="var(--petal-deep)" stopOpacity="0.55" />
        </linearGradient>
        <radialGradient id="glow">
          <stop offset="0" stopColor="#fff" stopOpacity="0.75" />
          <stop offset="1" stopColor="#fff" stopOpacity="0" />
        </radialGradient>
        <filter id="soft" x="-30%" y="-30%" width="160%" height="160%">
          <feGaussianBlur stdDeviation="0.35" />
        </filter>
      </defs>
      <rect width="160" height="100" fill="url(#sky)" />
      <g filter="url(#soft)" transform="translate(80 70)">
        {Array.from({ length: PETALS }, (_, n) => petal(n)).map(({ d, turn, key }) => (
          <path key={key} d={d} fill="url(#petal)" transform={`rotate(${turn})`} />
        ))}
        <ellipse cx="0" cy="-6" rx="26" ry="18" fill="url(#glow)" opacity="0.55" />
      </g>
    </svg>
  );
}

/** The `n`th petal, from outside to inside and from side to side. */
function petal(n: number): { d: string; turn: number; key: string } {
  const spread = n / (PETALS - 1) - 0.5;
  const turn = spread * 168;
  const length = 62 - Math.abs(spread) * 14 - (n % 2) * 9;
  const width = 15 + (n % 3) * 4;
  const d = `M0 4 C ${-width} ${-length * 0.25}, ${-width * 1.1} ${-length * 0.8}, 0 ${-length} C ${width * 0.7} ${-length * 0.85}, ${width * 1.2} ${-length * 0.3}, 0 4 Z`;
  return { d, turn, key: `petal-${n}` };
}
