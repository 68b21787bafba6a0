const [quote, backslash, openObject, closeObject] = [34, 92, 123, 125];

/**
 * The bytes of an answer that came and were not read yet. Whoever reads moves `at`; what lies before it may be gone after
 * the next `append`.
 */
export class ByteWindow {
  /** Always a plain Uint8Array: loops over two kinds of array are slower by half. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The same bytes, for reading four at once. */
  words: DataView = new DataView(new ArrayBuffer(0));
  /** How many of the bytes are there. */
  length = 0;
  /** The next to be read. */
  at = 0;
  #buffer: Buffer = Buffer.alloc(0);
  #own = false;
  // Where an object that is not whole yet was looked through to, how deep, and whether within a text.
  #scanned = { at: 0, depth: 0, text: false };

  /** Puts a chunk behind what is left of the ones before; room doubles, so that no byte is moved often. */
  append(chunk: Uint8Array): void {
    const left = this.length - this.at;
    if (left === 0) {
      this.#take(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
      this.#own = false;
      this.#moved(0);
    } else if (this.#own && left + chunk.length <= this.bytes.length) {
      if (this.length + chunk.length > this.bytes.length) {
        this.bytes.copyWithin(0, this.at, this.length);
        this.#moved(left);
      }
      this.bytes.set(chunk, this.length);
    } else {
      // A chunk that came is its sender's: nothing is written into it.
      const room = new Uint8Array(2 * (left + chunk.length));
      room.set(this.bytes.subarray(this.at, this.length));
      room.set(chunk, left);
      this.#take(room);
      this.#own = true;
      this.#moved(left);
    }
    this.length += chunk.length;
  }

  text(from: number, to: number): string {
    return this.#buffer.toString('utf8', from, to);
  }

  /** Where some bytes begin; -1 where they are not there. */
  indexOf(what: Uint8Array): number {
    return this.#buffer.subarray(0, this.length).indexOf(what, this.at);
  }

  /** Whether these bytes stand there; undefined: not all of them came yet. */
  begins(what: Uint8Array, at: number): boolean | undefined {
    for (let index = 0; index < what.length; index += 1) {
      if (at + index >= this.length) return undefined;
      if (this.bytes[at + index] !== what[index]) return false;
    }
    return true;
  }

  /** The next byte that is no blank, at which it stands then. */
  skipBlanks(): number | undefined {
    while (this.at < this.length) {
      const byte = this.bytes[this.at] ?? 0;
      if (byte > 32) return byte;
      this.at += 1;
    }
    return undefined;
  }

  /** Lets objects be looked through from there on; from further ahead where that was begun. */
  scanFrom(at: number): void {
    if (this.#scanned.at <= at) this.scanAnew(at);
  }

  scanAnew(at: number): void {
    this.#scanned = { at, depth: 0, text: false };
  }

  /** Where the object that begins at `from` ends; undefined: not yet. `within`: how many braces are open before it. */
  objectEnd(from: number, within = 0): number | undefined {
    const scanned = this.#scanned.at > from ? this.#scanned : { at: from, depth: within, text: false };
    const { bytes, length } = this;
    let { at, depth, text } = scanned;
    for (; at < length; at += 1) {
      const byte = bytes[at];
      if (text) {
        if (byte === backslash) {
          // The next belongs to it, and may not be there yet.
          if (at + 1 >= length) break;
          at += 1;
        } else if (byte === quote) text = false;
      } else if (byte === quote) text = true;
      else if (byte === openObject) depth += 1;
      else if (byte === closeObject) {
        // Found, it is found again: what follows the object may have to be waited for.
        if (depth === 1) break;
        depth -= 1;
      }
    }
    this.#scanned = { at, depth, text };
    return at < length && bytes[at] === closeObject && !text ? at + 1 : undefined;
  }

  #take(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** What was left is at the beginning now, and so long. */
  #moved(left: number): void {
    this.#scanned.at = Math.max(0, this.#scanned.at - this.at);
    this.at = 0;
    this.length = left;
  }
}
