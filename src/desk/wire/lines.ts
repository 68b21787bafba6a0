import { VigieError } from '../../core/errors.ts';
import { JsonMeter } from '../../core/json-meter.ts';

const lineFeed = 0x0a;
/** Most lines of a call fit into the first piece. */
const firstBytes = 4_096;

/** Cuts a stream of bytes into lines of UTF-8, none longer than `most` bytes. */
export class Lines {
  #most: number;
  readonly #metered: boolean;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #meter = new JsonMeter();
  /** One buffer that grows, since a piece of memory for each byte that somebody sends alone is 200 times as much. */
  #line = Buffer.alloc(0);
  #bytes = 0;

  /** `metered` is for lines of those who are not trusted: each is JSON and no more of it than a call needs. */
  constructor(most: number, { metered }: { metered: boolean }) {
    this.#most = most;
    this.#metered = metered;
  }

  /** From now on lines may be so long. */
  allow(most: number): void {
    this.#most = most;
  }

  /** Bytes of memory for a line that has not ended. */
  get held(): number {
    return this.#line.length;
  }

  /** Whether a line has begun and not ended. */
  get unfinished(): boolean {
    return this.#bytes > 0;
  }

  /** The lines that these bytes end, in order. @throws VigieError DAEMON for one too long or too much, and for what is no text */
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
    const rest = this.#line.subarray(0, this.#bytes);
    this.#line = Buffer.alloc(0);
    this.#bytes = 0;
    this.#meter = new JsonMeter();
    return rest;
  }

  #keep(part: Buffer): void {
    const bytes = this.#bytes + part.length;
    if (bytes > this.#most)
      throw new VigieError('DAEMON', `A line over the daemon's socket is longer than ${this.#most} bytes.`, {
        hint: 'Send a large manifest in parts.',
      });
    if (part.length === 0) return;
    const more = this.#metered ? this.#meter.feed(part) : undefined;
    if (more !== undefined)
      throw new VigieError('DAEMON', `A line over the daemon's socket has ${more}.`, {
        hint: 'Send a large object as the text of a manifest.',
      });
    if (bytes > this.#line.length) {
      const grown = Buffer.alloc(Math.min(this.#most, Math.max(firstBytes, 2 * bytes)));
      this.#line.copy(grown, 0, 0, this.#bytes);
      this.#line = grown;
    }
    part.copy(this.#line, this.#bytes);
    this.#bytes = bytes;
  }

  #take(): string {
    try {
      return this.#decoder.decode(this.rest());
    } catch (error) {
      throw new VigieError('DAEMON', "A line over the daemon's socket is no UTF-8.", { cause: error });
    }
  }
}
