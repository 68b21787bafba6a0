import { courseOf, courseSlots } from './course.ts';
import { type Points, peakOf, type Summary, summarize } from './summary.ts';

/** A series that is shown. */
export interface Ranked {
  labels: Readonly<Record<string, string>>;
  summary: Summary;
  course: (number | undefined)[];
  rank: number;
}

/** The time that is asked about; without a step it is one moment. */
interface Within {
  fromSeconds: number;
  toSeconds: number;
  stepSeconds?: number | undefined;
}

/**
 * Takes series one after the other, of which only the largest stay: whatever comes, it holds so many summaries and the
 * labels that all have in common.
 */
export class Ranking {
  readonly #top: number;
  readonly #within: Within;
  readonly #slots: number;
  readonly #kept: Ranked[] = [];
  #common: Map<string, string> | undefined;
  #total = 0;
  #points = 0;
  #histograms = 0;

  constructor(top: number, within: Within) {
    this.#top = top;
    this.#within = within;
    const { fromSeconds, toSeconds, stepSeconds } = within;
    const steps = stepSeconds === undefined ? 1 : Math.floor((toSeconds - fromSeconds) / stepSeconds) + 1;
    this.#slots = Math.min(courseSlots, steps);
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
    const ranked = {
      labels: series.labels,
      summary: summarize(series, this.#within),
      course: courseOf(series, { ...this.#within, slots: this.#slots }),
      rank,
    };
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
