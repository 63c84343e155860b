const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Code page 932, in which Japanese Windows lets its console programs speak. */
const shiftJis = new TextDecoder('shift_jis');
const utf16 = new TextDecoder('utf-16le');

/** The text a Windows program wrote to a file: UTF-16 where it shows, else UTF-8 where it fits, else the Japanese code page. */
export function decode(bytes: Uint8Array): string {
  if (looksLikeUtf16(bytes)) return utf16.decode(bytes);
  try {
    return utf8.decode(bytes);
  } catch {
    return shiftJis.decode(bytes);
  }
}

function looksLikeUtf16(bytes: Uint8Array): boolean {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return true;
  return bytes.length > 3 && bytes[1] === 0 && bytes[3] === 0;
}
