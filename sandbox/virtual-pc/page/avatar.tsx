const HUES = [212, 158, 268, 22, 336, 190];

/** A user's picture: the first character of their name on a colour of their own. */
export function Avatar({ displayName, index }: { displayName: string; index: number }) {
  const hue = HUES[index % HUES.length] ?? 212;
  const background = `linear-gradient(145deg, hsl(${hue} 75% 62%), hsl(${hue + 24} 68% 42%))`;
  return (
    <span className="avatar" style={{ background }} aria-hidden="true">
      {[...displayName][0]}
    </span>
  );
}
