import { create } from 'qrcode';
import { useMemo } from 'react';

/** Modules of white that a reader needs around the code. */
const QUIET_ZONE = 4;

/** A text as a QR code. White and black in every colour scheme, as readers want it. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => drawn(text), [text]);
  const edge = size + 2 * QUIET_ZONE;
  return (
    <svg
      className="qr-code"
      role="img"
      aria-label={label}
      viewBox={`${-QUIET_ZONE} ${-QUIET_ZONE} ${edge} ${edge}`}
      shapeRendering="crispEdges"
    >
      <rect x={-QUIET_ZONE} y={-QUIET_ZONE} width={edge} height={edge} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

function drawn(text: string): { size: number; path: string } {
  const { size, data } = create(text, { errorCorrectionLevel: 'L' }).modules;
  const dark = [...data].flatMap((bit, n) => (bit ? [`M${n % size} ${Math.floor(n / size)}h1v1h-1z`] : []));
  return { size, path: dark.join('') };
}
