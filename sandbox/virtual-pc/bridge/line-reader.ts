const NEW_LINE = 0x0a;

/** The sender's line is longer than allowed. Nothing after it can be trusted to begin a line. */
export class LineTooLong extends Error {}

/** Cuts a stream of bytes into lines, and never keeps more than one line's worth. */
export class LineReader {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether a line was begun and not yet ended. */
  get unfinished(): boolean {
    return this.#bytes > 0;
  }

  /**
   * The lines that `chunk` completes, without their ends, one by one.
   * @throws {LineTooLong} at the place where a line passes the limit; the lines before it have been given.
   */
  *push(chunk: Buffer): Generator<Buffer> {
    for (let start = 0; start < chunk.length; ) {
      const end = chunk.indexOf(NEW_LINE, start);
      const part = chunk.subarray(start, end < 0 ? undefined : end);
      if (this.#bytes + part.length > this.#maxBytes) throw new LineTooLong();
      this.#parts.push(part);
      this.#bytes += part.length;
      if (end < 0) return;
      const line = Buffer.concat(this.#parts);
      this.#parts = [];
      this.#bytes = 0;
      yield line;
      start = end + 1;
    }
  }
}
