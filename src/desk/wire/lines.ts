import { VigieError } from '../../core/errors.ts';

const lineFeed = 0x0a;

/** Cuts a stream of bytes into lines of UTF-8, none longer than `most` bytes. */
export class Lines {
  #most: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** From now on lines may be so long. */
  allow(most: number): void {
    this.#most = most;
  }

  /** The lines that these bytes end, in order. @throws VigieError DAEMON for a longer one, and for what is no text */
  feed(chunk: Buffer): string[] {
    const lines: string[] = [];
    let rest = chunk;
    for (let end = rest.indexOf(lineFeed); end >= 0; end = rest.indexOf(lineFeed)) {
      this.#keep(rest.subarray(0, end));
      lines.push(this.#take());
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
    return lines;
  }

  /** What came behind the last line, and is a part of none from now on. */
  rest(): Buffer {
    const rest = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return rest;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#most)
      throw new VigieError('DAEMON', `A line over the daemon's socket is longer than ${this.#most} bytes.`);
    if (part.length > 0) this.#parts.push(part);
  }

  #take(): string {
    try {
      return this.#decoder.decode(this.rest());
    } catch (error) {
      throw new VigieError('DAEMON', "A line over the daemon's socket is no UTF-8.", { cause: error });
    }
  }
}
