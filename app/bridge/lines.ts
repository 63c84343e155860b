/** Thrown for a line that is longer than allowed or is not UTF-8. */
export class LineError extends Error {
  readonly code: 'line-too-long' | 'not-utf-8';

  constructor(code: LineError['code']) {
    super(code === 'line-too-long' ? 'A line is longer than the protocol allows' : 'A line is not UTF-8');
    this.name = 'LineError';
    this.code = code;
  }
}

const NEWLINE = 0x0a;

/**
 * Puts a byte stream's chunks together to lines. Lines are cut as bytes and only then read as UTF-8, so a character that arrives
 * in two chunks is whole again.
 */
export class LineReader {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** @param maxBytes longest line, without its newline. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes a chunk; gives the lines it completes. @throws LineError, after which the stream is of no use. */
  *push(chunk: Uint8Array): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, end));
      from = end + 1;
      yield this.#take();
    }
    this.#keep(chunk.subarray(from));
  }

  #keep(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) throw new LineError('line-too-long');
    if (part.length > 0) this.#parts.push(part);
  }

  #take(): string {
    const line = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    try {
      return this.#decoder.decode(line);
    } catch {
      throw new LineError('not-utf-8');
    }
  }
}
