/** Of what a command prints, the end is kept for people: the reason of a failure stands there. */
const keptOutputBytes = 64 * 1024;

/** What one stream carried. */
export interface Printed {
  bytes: number;
  /** The last of it; `cut`: there was more before. */
  tail: { text: string; cut: boolean };
}

/** Counts what goes by, and keeps none of it. */
export class Counter {
  #bytes = 0;

  add(bytes: Buffer): void {
    this.#bytes += bytes.length;
  }

  total(): number {
    return this.#bytes;
  }
}

/** Keeps the last of what goes by. */
export class Tail {
  #kept: Buffer[] = [];
  #bytes = 0;
  #cut = false;

  add(bytes: Buffer): void {
    this.#kept.push(bytes);
    this.#bytes += bytes.length;
    // Twice as much before it is cut, so that small pieces are not copied again and again.
    if (this.#bytes > keptOutputBytes * 2) this.#trim();
  }

  shown(): Printed['tail'] {
    if (this.#bytes > keptOutputBytes) this.#trim();
    const text = Buffer.concat(this.#kept).toString('utf8');
    // The first line of what was cut is half a line.
    return { text: this.#cut ? text.slice(text.indexOf('\n') + 1) : text, cut: this.#cut };
  }

  #trim(): void {
    const all = Buffer.concat(this.#kept);
    this.#kept = [all.subarray(all.length - keptOutputBytes)];
    this.#bytes = keptOutputBytes;
    this.#cut = true;
  }
}
