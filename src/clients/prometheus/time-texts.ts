/** Of a time with its comma and quotation mark: `1700000000,"` has twelve bytes, one with milliseconds sixteen. */
const shortestTime = 12;
export const longestTime = 16;
// Later points of longer series are read digit by digit; a range has 11,000 at most.
const mostKept = 12_000;

/**
 * How the times of one series were written. Series of one answer nearly always have the same times at the same places:
 * four words that are compared instead of a dozen digits that are read.
 */
export class TimeTexts {
  /** Seconds since 1970, by the place of the point. */
  readonly seconds = new Float64Array(mostKept);
  readonly #words = new Int32Array(4 * mostKept);
  readonly #lengths = new Uint8Array(mostKept);

  /** The length of what stands there, where it is the time kept for this place; else 0. `longestTime` bytes must be there. */
  lengthOf(words: DataView, { at, index }: { at: number; index: number }): number {
    const length = index < mostKept ? (this.#lengths[index] ?? 0) : 0;
    if (length === 0) return 0;
    const kept = 4 * index;
    // The last word overlaps the one before, so that four take any of these lengths.
    return words.getInt32(at + length - 4) === this.#words[kept + 3] &&
      words.getInt32(at + 8) === this.#words[kept + 2] &&
      words.getInt32(at + 4) === this.#words[kept + 1] &&
      words.getInt32(at) === this.#words[kept]
      ? length
      : 0;
  }

  /** Keeps a time that was read, with the comma and the quotation mark behind it. */
  keep(
    words: DataView,
    { at, length, index, seconds }: { at: number; length: number; index: number; seconds: number },
  ): void {
    if (index >= mostKept) return;
    const fits = length >= shortestTime && length <= longestTime;
    this.#lengths[index] = fits ? length : 0;
    if (!fits) return;
    this.seconds[index] = seconds;
    const kept = 4 * index;
    this.#words[kept] = words.getInt32(at);
    this.#words[kept + 1] = words.getInt32(at + 4);
    this.#words[kept + 2] = words.getInt32(at + 8);
    this.#words[kept + 3] = words.getInt32(at + length - 4);
  }
}
