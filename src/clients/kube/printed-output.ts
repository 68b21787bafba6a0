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

/** Puts pieces together. They are copied: a view of one keeps all that the wire brought with it, a byte 64 kB. */
export class Pieces {
  #room = Buffer.alloc(0);
  #bytes = 0;

  get length(): number {
    return this.#bytes;
  }

  add(piece: Buffer): void {
    const bytes = this.#bytes + piece.length;
    if (bytes > this.#room.length) {
      const larger = Buffer.alloc(bytes * 2);
      this.#room.copy(larger, 0, 0, this.#bytes);
      this.#room = larger;
    }
    piece.copy(this.#room, this.#bytes);
    this.#bytes = bytes;
  }

  keepLast(bytes: number): void {
    this.#room.copyWithin(0, this.#bytes - bytes, this.#bytes);
    this.#bytes = bytes;
  }

  bytes(): Buffer {
    return this.#room.subarray(0, this.#bytes);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }
}

/** Keeps the last of what goes by. */
export class Tail {
  readonly #kept = new Pieces();
  #cut = false;

  add(bytes: Buffer): void {
    this.#kept.add(bytes.subarray(-keptOutputBytes));
    this.#cut ||= bytes.length > keptOutputBytes;
    // Twice as much before it is cut, so that small pieces are not copied again and again.
    if (this.#kept.length > keptOutputBytes * 2) this.#trim();
  }

  shown(): Printed['tail'] {
    if (this.#kept.length > keptOutputBytes) this.#trim();
    const text = this.#kept.text();
    // The first line of what was cut is half a line.
    return { text: this.#cut ? text.slice(text.indexOf('\n') + 1) : text, cut: this.#cut };
  }

  #trim(): void {
    this.#kept.keepLast(keptOutputBytes);
    this.#cut = true;
  }
}
