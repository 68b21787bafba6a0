import { type Points, peakOf, type Summary, summarize } from './summary.ts';

/** A series that is shown. */
export interface Ranked {
  labels: Readonly<Record<string, string>>;
  summary: Summary;
  rank: number;
}

/**
 * Takes series one after the other, of which only the largest stay: whatever comes, it holds so many summaries and the
 * labels that all have in common.
 */
export class Ranking {
  readonly #top: number;
  readonly #within: { fromSeconds: number; toSeconds: number };
  readonly #kept: Ranked[] = [];
  #common: Map<string, string> | undefined;
  #total = 0;
  #points = 0;
  #histograms = 0;

  constructor(top: number, within: { fromSeconds: number; toSeconds: number }) {
    this.#top = top;
    this.#within = within;
  }

  add(series: Points & { labels: Readonly<Record<string, string>>; histograms: number }): void {
    this.#total += 1;
    this.#points += series.count;
    this.#histograms += series.histograms;
    this.#intersect(series.labels);
    const rank = peakOf(series);
    const full = this.#kept.length >= this.#top;
    if (full && rank <= (this.#kept.at(-1)?.rank ?? Number.NEGATIVE_INFINITY)) return;
    const at = this.#kept.findIndex(each => each.rank < rank);
    const ranked = { labels: series.labels, summary: summarize(series, this.#within), rank };
    this.#kept.splice(at < 0 ? this.#kept.length : at, 0, ranked);
    if (this.#kept.length > this.#top) this.#kept.pop();
  }

  /** The largest first; of equal ones the earlier. */
  get kept(): readonly Ranked[] {
    return this.#kept;
  }

  /** Labels that every series has with the same value: said once. */
  get common(): ReadonlyMap<string, string> {
    return this.#total < 2 ? new Map() : (this.#common ?? new Map());
  }

  get total(): number {
    return this.#total;
  }

  get points(): number {
    return this.#points;
  }

  /** Points that are native histograms. */
  get histograms(): number {
    return this.#histograms;
  }

  #intersect(labels: Readonly<Record<string, string>>): void {
    if (this.#common === undefined) {
      this.#common = new Map(Object.entries(labels));
      return;
    }
    for (const [name, value] of this.#common) if (labels[name] !== value) this.#common.delete(name);
  }
}
