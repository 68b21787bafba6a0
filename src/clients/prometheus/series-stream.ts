import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { textLabels } from './labels.ts';

// An answer to a query is read while it comes in, series by series, and never held as a whole: a million points are
// 30 MB of text, and many times that as values of JavaScript. What is around the series (status, kind, warnings) is a
// document of its own once the list is taken out of it, and is parsed as one at the end, so that an answer that broke
// off is never taken for a shorter one.

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

// What stands before the list: status, kind, and what other servers put there.
const headBytes = 64 * 1024;
// Warnings and statistics after it.
const tailBytes = 1024 * 1024;
// One series: 11,000 points of native histograms are about 20 MB, one of plain points 300 kB.
const seriesBytes = 32 * 1024 * 1024;
// A time and a value take 45 at most.
const pointBytes = 1024;
const opening = Buffer.from('"result":[');
const metricStart = Buffer.from('{"metric":{');
const valuesStart = Buffer.from(',"values":[[');

const [quote, backslash, comma, openList, closeList, openObject, closeObject] = [
  34, 92, 44, 91, 93, 123, 125,
];
const [zero, nine, dot, minus] = [48, 57, 46, 45];
// Up to 2^53 and 10^22 both are exact, and so is their quotient as a double: no digit differs from Number's.
const exactMantissa = Number.MAX_SAFE_INTEGER;
const powers = Array.from({ length: 23 }, (_, power) => 10 ** power);

type State = 'head' | 'series' | 'points' | 'after points' | 'object' | 'tail';

/** Takes the bytes of an answer as they come and hands out its series. @throws VigieError BAD_RESPONSE */
export class SeriesStream {
  readonly #shown: string;
  readonly #each: (series: SeriesPoints) => void;
  #state: State = 'head';
  #window: Uint8Array = new Uint8Array(0);
  #own = false;
  #length = 0;
  #at = 0;
  #head = '';
  #series: SeriesPoints = {
    labels: {},
    count: 0,
    times: new Float64Array(1024),
    values: new Float64Array(1024),
    histograms: 0,
  };
  // Where an object that is not whole yet was looked through to, how deep, and whether within a text.
  #scanned = { at: 0, depth: 0, text: false };

  constructor(shown: string, each: (series: SeriesPoints) => void) {
    this.#shown = shown;
    this.#each = each;
  }

  push(chunk: Uint8Array): void {
    this.#append(chunk);
    while (this.#step());
  }

  /** What stood around the series. */
  end(): JsonObject {
    const rest = this.#text(this.#at, this.#length);
    if (this.#state !== 'head' && this.#state !== 'tail')
      throw this.#bad('broke off in the middle of its series');
    return this.#parse(this.#head + rest);
  }

  /** One thing whole: a head, a series' labels, a point; false where more bytes are needed for it. */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#readHead();
      case 'series':
        return this.#startSeries();
      case 'points':
        return this.#readPoints();
      case 'after points':
        return this.#endPoints();
      case 'object':
        return this.#readObject();
      case 'tail':
        if (this.#length - this.#at > tailBytes) throw this.#bad('does not end after its series');
        return false;
    }
  }

  #readHead(): boolean {
    const window = Buffer.from(this.#window.buffer, this.#window.byteOffset, this.#length);
    const found = window.indexOf(opening);
    if (found < 0) {
      if (this.#length > headBytes) throw this.#bad('is no answer to a query');
      return false;
    }
    const end = found + opening.length;
    this.#head = this.#text(0, end);
    const { data } = this.#parse(`${this.#head}]}}`);
    const kind = isObject(data) ? data['resultType'] : undefined;
    // One number or text: small, and read as a whole at the end.
    if (kind === 'scalar' || kind === 'string') {
      this.#head = '';
      this.#state = 'tail';
      return false;
    }
    this.#at = end;
    this.#state = 'series';
    return true;
  }

  #startSeries(): boolean {
    const byte = this.#skipTo();
    if (byte === undefined) return false;
    if (byte === comma) {
      this.#at += 1;
      return true;
    }
    if (byte === closeList) {
      this.#state = 'tail';
      return true;
    }
    if (byte !== openObject) throw this.#bad('holds something else than series');
    // As Prometheus and VictoriaMetrics write it; any other order or blank is read the slow way.
    const matches = this.#begins(metricStart, this.#at);
    if (matches === undefined) return false;
    if (!matches) return this.#scanFrom(this.#at);
    const labels = this.#at + metricStart.length - 1;
    if (this.#scanned.at <= labels) this.#scanned = { at: labels, depth: 0, text: false };
    const end = this.#objectEnd(this.#at);
    if (end === undefined) return false;
    const values = this.#begins(valuesStart, end);
    if (values === undefined) return false;
    if (!values) return this.#scanFrom(this.#at);
    this.#series.labels = textLabels(this.#parse(this.#text(labels, end)));
    this.#series.count = 0;
    this.#series.histograms = 0;
    // At the bracket that opens the first point.
    this.#at = end + valuesStart.length - 1;
    this.#state = 'points';
    return true;
  }

  #scanFrom(at: number): boolean {
    this.#scanned = { at, depth: 0, text: false };
    this.#state = 'object';
    return true;
  }

  /** `[1700000000.5,"12.5"]`, one after the other; the loop that all time goes into. */
  #readPoints(): boolean {
    const bytes = this.#window;
    const length = this.#length;
    let at = this.#at;
    for (;;) {
      // The longest double has 24 characters, a time 17: nothing is looked at twice but what is cut by the chunk.
      let end = at + 1;
      let mantissa = 0;
      let scale = -1;
      let byte = 0;
      for (; end < length; end += 1) {
        byte = bytes[end] ?? 0;
        if (byte >= zero && byte <= nine) {
          mantissa = mantissa * 10 + byte - zero;
          if (scale >= 0) scale += 1;
        } else if (byte === dot && scale < 0) scale = 0;
        else break;
      }
      if (end + 2 >= length) break;
      const time = scale > 0 ? mantissa / (powers[scale] ?? Number.NaN) : mantissa;
      if (bytes[at] !== openList || byte !== comma || bytes[end + 1] !== quote || mantissa > exactMantissa)
        throw this.#bad('holds a point that cannot be read');
      const start = end + 2;
      let negative = false;
      let digits = 0;
      mantissa = 0;
      scale = -1;
      end = start;
      if (bytes[end] === minus) {
        negative = true;
        end += 1;
      }
      for (; end < length; end += 1) {
        byte = bytes[end] ?? 0;
        if (byte >= zero && byte <= nine) {
          mantissa = mantissa * 10 + byte - zero;
          digits += 1;
          if (scale >= 0) scale += 1;
        } else if (byte === dot && scale < 0) scale = 0;
        else break;
      }
      let value: number;
      if (byte === quote && digits > 0 && digits < 16) {
        value = scale > 0 ? mantissa / (powers[scale] ?? Number.NaN) : mantissa;
        if (negative) value = -value;
      } else {
        while (end < length && bytes[end] !== quote) end += 1;
        if (end === length) break;
        value = this.#numberOf(this.#text(start, end));
      }
      // The quote, the bracket, and what follows.
      if (end + 2 >= length) break;
      if (bytes[end + 1] !== closeList) throw this.#bad('holds a point that cannot be read');
      this.#keep(time, value);
      at = end + 2;
      if (bytes[at] === comma) {
        at += 1;
        continue;
      }
      if (bytes[at] !== closeList) throw this.#bad('holds points that cannot be read');
      this.#at = at + 1;
      this.#state = 'after points';
      return true;
    }
    if (length - at > pointBytes) throw this.#bad('holds a point that does not end');
    this.#at = at;
    return false;
  }

  #endPoints(): boolean {
    const byte = this.#skipTo();
    if (byte === undefined) return false;
    if (byte === closeObject) {
      this.#at += 1;
      this.#finish();
      return true;
    }
    // Histograms after plain points: the rest is an object of its own once its first comma is a brace.
    if (byte !== comma) throw this.#bad('holds a series that cannot be read');
    const end = this.#objectEnd(this.#at, 1);
    if (end === undefined) return false;
    const rest = this.#parse(`{${this.#text(this.#at + 1, end)}`);
    this.#series.histograms = Array.isArray(rest['histograms']) ? rest['histograms'].length : 0;
    this.#at = end;
    this.#finish();
    return true;
  }

  /** A series of another form than expected, read whole. */
  #readObject(): boolean {
    const end = this.#objectEnd(this.#at);
    if (end === undefined) return false;
    const whole = this.#parse(this.#text(this.#at, end));
    const { metric, value, values, histogram, histograms } = whole;
    this.#series.labels = textLabels(metric);
    this.#series.count = 0;
    this.#series.histograms =
      (Array.isArray(histograms) ? histograms.length : 0) + (histogram === undefined ? 0 : 1);
    const points = Array.isArray(values) ? values : value === undefined ? [] : [value];
    for (const point of points) {
      const [time, text] = Array.isArray(point) ? point : [];
      if (typeof time !== 'number' || typeof text !== 'string')
        throw this.#bad('holds a point that cannot be read');
      this.#keep(time, this.#numberOf(text));
    }
    this.#at = end;
    this.#finish();
    return true;
  }

  #finish(): void {
    this.#each(this.#series);
    this.#scanned = { at: 0, depth: 0, text: false };
    this.#state = 'series';
  }

  #keep(time: number, value: number): void {
    const series = this.#series;
    if (series.count === series.times.length) {
      series.times = grown(series.times);
      series.values = grown(series.values);
    }
    series.times[series.count] = time;
    series.values[series.count] = value;
    series.count += 1;
  }

  /** Where the object that begins at `from` ends; undefined: not yet. `within`: how many braces are open before it. */
  #objectEnd(from: number, within = 0): number | undefined {
    const scanned = this.#scanned.at > from ? this.#scanned : { at: from, depth: within, text: false };
    this.#scanned = scanned;
    const bytes = this.#window;
    for (; scanned.at < this.#length; scanned.at += 1) {
      const byte = bytes[scanned.at];
      if (scanned.text) {
        if (byte === backslash) {
          // The next belongs to it, and may not be there yet.
          if (scanned.at + 1 >= this.#length) break;
          scanned.at += 1;
        } else if (byte === quote) scanned.text = false;
      } else if (byte === quote) scanned.text = true;
      else if (byte === openObject) scanned.depth += 1;
      else if (byte === closeObject) {
        // Found, it is found again: what follows the object may have to be waited for.
        if (scanned.depth === 1) return scanned.at + 1;
        scanned.depth -= 1;
      }
    }
    if (this.#length - from > seriesBytes) throw this.#bad('holds a series that is too large');
    return undefined;
  }

  #begins(what: Uint8Array, at: number): boolean | undefined {
    for (let index = 0; index < what.length; index += 1) {
      if (at + index >= this.#length) return undefined;
      if (this.#window[at + index] !== what[index]) return false;
    }
    return true;
  }

  /** The next byte that is no blank. */
  #skipTo(): number | undefined {
    while (this.#at < this.#length) {
      const byte = this.#window[this.#at] ?? 0;
      if (byte > 32) return byte;
      this.#at += 1;
    }
    return undefined;
  }

  /** Puts a chunk behind what is left of the ones before; room doubles, so that no byte is moved often. */
  #append(chunk: Uint8Array): void {
    const left = this.#length - this.#at;
    if (left === 0) {
      this.#window = chunk;
      this.#length = chunk.length;
      this.#own = false;
      this.#move(this.#at);
      return;
    }
    // A chunk that came is its sender's: nothing is written into it.
    if (!this.#own || this.#length + chunk.length > this.#window.length) {
      const room = new Uint8Array(2 * left + chunk.length);
      room.set(this.#window.subarray(this.#at, this.#length));
      this.#window = room;
      this.#own = true;
      this.#length = left;
      this.#move(this.#at);
    }
    this.#window.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  #move(by: number): void {
    this.#at = 0;
    this.#scanned.at = Math.max(0, this.#scanned.at - by);
  }

  #text(from: number, to: number): string {
    return Buffer.from(this.#window.buffer, this.#window.byteOffset + from, to - from).toString('utf8');
  }

  /** As these servers write what is no plain decimal. */
  #numberOf(text: string): number {
    if (text === '+Inf') return Number.POSITIVE_INFINITY;
    if (text === '-Inf') return Number.NEGATIVE_INFINITY;
    const value = text === '' ? Number.NaN : Number(text);
    if (Number.isNaN(value) && text !== 'NaN') throw this.#bad('holds a value that is no number');
    return value;
  }

  #parse(text: string): JsonObject {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (cause) {
      throw this.#bad('broke off or is no JSON', cause);
    }
    if (!isObject(parsed)) throw this.#bad('is no answer to a query');
    return parsed;
  }

  #bad(why: string, cause?: unknown): VigieError {
    return new VigieError('BAD_RESPONSE', `The answer of ${this.#shown} ${why}.`, { cause, retryable: true });
  }
}

function grown(array: Float64Array): Float64Array {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
