import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { ByteWindow } from './byte-window.ts';
import { textLabels } from './labels.ts';
import { keep, numberOf, readPoints, type SeriesPoints } from './read-points.ts';
import { TimeTexts } from './time-texts.ts';

// An answer to a query is read while it comes in, series by series, and never held as a whole: a million points are
// 30 MB of text, and many times that as values of JavaScript. What is around the series (status, kind, warnings) is a
// document of its own once the list is taken out of it, and is parsed as one at the end, so that an answer that broke
// off is never taken for a shorter one.

// What stands before the list: status, kind, and what other servers put there.
const headBytes = 64 * 1024;
// Warnings and statistics after it.
const tailBytes = 1024 * 1024;
// One series: 11,000 points of native histograms are about 20 MB, one of plain points 300 kB.
const seriesBytes = 32 * 1024 * 1024;
const opening = Buffer.from('"result":[');
const metricStart = Buffer.from('{"metric":{');
const valuesStart = Buffer.from(',"values":[[');

const [comma, closeList, openObject, closeObject] = [44, 93, 123, 125];

type State = 'head' | 'series' | 'points' | 'after points' | 'object' | 'tail';

/** Takes the bytes of an answer as they come and hands out its series. @throws VigieError BAD_RESPONSE */
export class SeriesStream {
  readonly #shown: string;
  readonly #each: (series: SeriesPoints) => void;
  readonly #window = new ByteWindow();
  #state: State = 'head';
  #head = '';
  readonly #series: SeriesPoints = {
    labels: {},
    count: 0,
    times: new Float64Array(1024),
    values: new Float64Array(1024),
    histograms: 0,
  };
  readonly #into = {
    series: this.#series,
    times: new TimeTexts(),
    bad: (why: string) => this.#bad(why),
  };

  constructor(shown: string, each: (series: SeriesPoints) => void) {
    this.#shown = shown;
    this.#each = each;
  }

  push(chunk: Uint8Array): void {
    this.#window.append(chunk);
    while (this.#step());
  }

  /** What stood around the series. */
  end(): JsonObject {
    const rest = this.#window.text(this.#window.at, this.#window.length);
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
        if (this.#window.length - this.#window.at > tailBytes)
          throw this.#bad('does not end after its series');
        return false;
    }
  }

  #readHead(): boolean {
    const window = this.#window;
    const found = window.indexOf(opening);
    if (found < 0) {
      if (window.length > headBytes) throw this.#bad('is no answer to a query');
      return false;
    }
    const end = found + opening.length;
    this.#head = window.text(0, end);
    const { data } = this.#parse(`${this.#head}]}}`);
    const kind = isObject(data) ? data['resultType'] : undefined;
    // One number or text: small, and read as a whole at the end.
    if (kind === 'scalar' || kind === 'string') {
      this.#head = '';
      this.#state = 'tail';
      return false;
    }
    window.at = end;
    this.#state = 'series';
    return true;
  }

  #startSeries(): boolean {
    const window = this.#window;
    const byte = window.skipBlanks();
    if (byte === undefined) return false;
    if (byte === comma) {
      window.at += 1;
      return true;
    }
    if (byte === closeList) {
      this.#state = 'tail';
      return true;
    }
    if (byte !== openObject) throw this.#bad('holds something else than series');
    // As Prometheus and VictoriaMetrics write it; any other order or blank is read the slow way.
    const matches = window.begins(metricStart, window.at);
    if (matches === undefined) return false;
    if (!matches) return this.#readWhole();
    const labels = window.at + metricStart.length - 1;
    window.scanFrom(labels);
    const end = this.#objectEnd(window.at);
    if (end === undefined) return false;
    const values = window.begins(valuesStart, end);
    if (values === undefined) return false;
    if (!values) return this.#readWhole();
    this.#series.labels = textLabels(this.#parse(window.text(labels, end)));
    this.#series.count = 0;
    this.#series.histograms = 0;
    // At the bracket that opens the first point.
    window.at = end + valuesStart.length - 1;
    this.#state = 'points';
    return true;
  }

  #readWhole(): boolean {
    this.#window.scanAnew(this.#window.at);
    this.#state = 'object';
    return true;
  }

  #readPoints(): boolean {
    const ended = readPoints(this.#window, this.#into);
    if (ended) this.#state = 'after points';
    return ended;
  }

  #endPoints(): boolean {
    const window = this.#window;
    const byte = window.skipBlanks();
    if (byte === undefined) return false;
    if (byte === closeObject) {
      window.at += 1;
      this.#finish();
      return true;
    }
    // Histograms after plain points: the rest is an object of its own once its first comma is a brace.
    if (byte !== comma) throw this.#bad('holds a series that cannot be read');
    const end = this.#objectEnd(window.at, 1);
    if (end === undefined) return false;
    const rest = this.#parse(`{${window.text(window.at + 1, end)}`);
    this.#series.histograms = Array.isArray(rest['histograms']) ? rest['histograms'].length : 0;
    window.at = end;
    this.#finish();
    return true;
  }

  /** A series of another form than expected, read whole. */
  #readObject(): boolean {
    const window = this.#window;
    const end = this.#objectEnd(window.at);
    if (end === undefined) return false;
    const whole = this.#parse(window.text(window.at, end));
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
      keep(this.#series, { time, value: numberOf(text, this.#into.bad) });
    }
    window.at = end;
    this.#finish();
    return true;
  }

  #finish(): void {
    this.#each(this.#series);
    this.#window.scanAnew(0);
    this.#state = 'series';
  }

  #objectEnd(from: number, within?: number): number | undefined {
    const end = this.#window.objectEnd(from, within);
    if (end === undefined && this.#window.length - from > seriesBytes)
      throw this.#bad('holds a series that is too large');
    return end;
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
