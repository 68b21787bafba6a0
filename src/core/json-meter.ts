import { limits } from './limits.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Commas, colons and open brackets of a call: a patch of 20,000 fields has as many, and text of any size none. */
const callSigns = 50_000;
/** Levels of a call around the document in it. */
const levelsAround = 20;
const mostLevels = limits.documentDepth + levelsAround;

/**
 * Counts, before anything reads a text as JSON, what reading and checking it would cost: a megabyte of text is cheap, a
 * megabyte of empty objects keeps everybody waiting for seconds.
 */
export class JsonMeter {
  #signs = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;
  readonly #mostSigns: number;

  /** `mostSigns`: of commas, colons and open brackets; absent: those of a call. */
  constructor({ mostSigns = callSigns }: { mostSigns?: number } = {}) {
    this.#mostSigns = mostSigns;
  }

  /** @returns what there is too much of, with these bytes behind those before */
  feed(bytes: Uint8Array): string | undefined {
    const next = { quote: -1, backslash: -1 };
    for (let at = 0; at < bytes.length; at += 1) {
      if (this.#inText) {
        at = this.#skipText(bytes, { at, next });
        continue;
      }
      const byte = bytes[at];
      if (byte === quote) this.#inText = true;
      else if (byte === comma || byte === colon) this.#signs += 1;
      else if (byte === openBrace || byte === openBracket) {
        this.#signs += 1;
        this.#depth += 1;
        if (this.#depth > mostLevels) return `more than ${mostLevels} levels`;
      } else if (byte === closeBrace || byte === closeBracket) this.#depth -= 1;
    }
    return this.#signs > this.#mostSigns
      ? `more than ${this.#mostSigns} commas, colons and brackets`
      : undefined;
  }

  /**
   * Most bytes of a large call are one text. `next`: where each stands from here on, sought once for all that lies before it.
   * @returns the place of the byte that was dealt with
   */
  #skipText(
    bytes: Uint8Array,
    { at, next }: { at: number; next: { quote: number; backslash: number } },
  ): number {
    if (this.#escaped) {
      this.#escaped = false;
      return at;
    }
    if (next.quote < at) next.quote = placeOf(bytes, { byte: quote, from: at });
    if (next.backslash < at) next.backslash = placeOf(bytes, { byte: backslash, from: at });
    const stop = Math.min(next.quote, next.backslash);
    if (stop === bytes.length) return stop;
    if (stop === next.quote) this.#inText = false;
    else this.#escaped = true;
    return stop;
  }
}

/** The length where there is none. */
function placeOf(bytes: Uint8Array, { byte, from }: { byte: number; from: number }): number {
  const found = bytes.indexOf(byte, from);
  return found < 0 ? bytes.length : found;
}
