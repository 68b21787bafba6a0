import type { VigieError } from '../../core/errors.ts';
import type { ByteWindow } from './byte-window.ts';
import { longestTime, type TimeTexts } from './time-texts.ts';

/** One series while it is read. The arrays are used again for the next: whoever keeps points copies them. */
export interface SeriesPoints {
  labels: Readonly<Record<string, string>>;
  /** How many entries of the arrays are this series'. */
  count: number;
  /** Seconds since 1970. */
  times: Float64Array;
  values: Float64Array;
  /** Points that are native histograms, which have no one value and stand in no array. */
  histograms: number;
}

// A time and a value take 45 at most.
const pointBytes = 1024;
const [quote, comma, openList, closeList, zero, nine, dot, minus] = [34, 44, 91, 93, 48, 57, 46, 45];
// Up to 2^53 and 10^22 both are exact, and so is their quotient as a double: no digit differs from Number's.
const exactMantissa = Number.MAX_SAFE_INTEGER;
// So many are below 2^31.
const digitsOfWhole = 9;
const powers = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);

/**
 * Reads points like `[1700000000.5,"12.5"]`, one after the other, to the end of their list or of what came; the loop that all
 * time goes into. Says whether the list ended. @throws what `bad` makes of what is no such point
 */
export function readPoints(
  window: ByteWindow,
  { series, times, bad }: { series: SeriesPoints; times: TimeTexts; bad: (why: string) => VigieError },
): boolean {
  const { bytes, length, words } = window;
  let at = window.at;
  for (;;) {
    if (series.count === series.times.length) grow(series);
    const { count } = series;
    // What is looked at twice is only what is cut by the chunk: the longest double has 24 characters, a time 17.
    let end = at + 1;
    let byte = 0;
    let time = 0;
    const known = at + 1 + longestTime < length ? times.lengthOf(words, { at: end, index: count }) : 0;
    if (known > 0 && bytes[at] === openList) {
      end += known;
      time = times.seconds[count] ?? Number.NaN;
    } else {
      let mantissa = 0;
      let scale = -1;
      for (; end < length; end += 1) {
        byte = bytes[end] ?? 0;
        if (byte >= zero && byte <= nine) {
          mantissa = mantissa * 10 + byte - zero;
          if (scale >= 0) scale += 1;
        } else if (byte === dot && scale < 0) scale = 0;
        else break;
      }
      if (end + 2 >= length) break;
      time = scale > 0 ? mantissa / (powers[scale] ?? Number.NaN) : mantissa;
      if (bytes[at] !== openList || byte !== comma || bytes[end + 1] !== quote || mantissa > exactMantissa)
        throw bad('holds a point that cannot be read');
      end += 2;
      if (at + 1 + longestTime < length)
        times.keep(words, { at: at + 1, length: end - at - 1, index: count, seconds: time });
    }
    const start = end;
    const negative = bytes[end] === minus;
    if (negative) end += 1;
    const first = end;
    let point = -1;
    // Whole numbers of 32 bits are added to faster than doubles, and most values fit in.
    let whole = 0;
    const stop = Math.min(length, first + digitsOfWhole);
    for (; end < stop; end += 1) {
      byte = bytes[end] ?? 0;
      if (byte >= zero && byte <= nine) whole = (whole * 10 + byte - zero) | 0;
      else if (byte === dot && point < 0) point = end;
      else break;
    }
    let mantissa = whole;
    if (end === stop)
      for (; end < length; end += 1) {
        byte = bytes[end] ?? 0;
        if (byte >= zero && byte <= nine) mantissa = mantissa * 10 + byte - zero;
        else if (byte === dot && point < 0) point = end;
        else break;
      }
    const digits = end - first - (point < 0 ? 0 : 1);
    let value: number;
    if (byte === quote && digits > 0 && digits < 16) {
      const scale = point < 0 ? 0 : end - point - 1;
      value = scale > 0 ? mantissa / (powers[scale] ?? Number.NaN) : mantissa;
      if (negative) value = -value;
    } else {
      while (end < length && bytes[end] !== quote) end += 1;
      if (end === length) break;
      value = numberOf(window.text(start, end), bad);
    }
    // The quote, the bracket, and what follows.
    if (end + 2 >= length) break;
    if (bytes[end + 1] !== closeList) throw bad('holds a point that cannot be read');
    series.times[count] = time;
    series.values[count] = value;
    series.count = count + 1;
    at = end + 2;
    if (bytes[at] === comma) {
      at += 1;
      continue;
    }
    if (bytes[at] !== closeList) throw bad('holds points that cannot be read');
    window.at = at + 1;
    return true;
  }
  if (length - at > pointBytes) throw bad('holds a point that does not end');
  window.at = at;
  return false;
}

/** Puts a point behind those that the series has. */
export function keep(series: SeriesPoints, { time, value }: { time: number; value: number }): void {
  if (series.count === series.times.length) grow(series);
  series.times[series.count] = time;
  series.values[series.count] = value;
  series.count += 1;
}

/** As these servers write what is no plain decimal. @throws what `bad` makes of what is no number */
export function numberOf(text: string, bad: (why: string) => VigieError): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw bad('holds a value that is no number');
  return value;
}

function grow(series: SeriesPoints): void {
  series.times = grown(series.times);
  series.values = grown(series.values);
}

function grown(array: Float64Array): Float64Array {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
