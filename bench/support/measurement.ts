import type { Peers } from './install-peers.ts';

/** One measurement: a file in bench/, a line in bench/index.ts, a table in bench/README.md. */
export interface Measurement {
  /** As `npm run bench NAME` takes it. */
  name: string;
  title: string;
  /** What is compared, and what a row means; Markdown. */
  about: string;
  measure(bench: Bench): Promise<Table>;
}

/** What all measurements of one run share. */
export interface Bench {
  /** The built product's main file, a copy that nobody rebuilds meanwhile. */
  main: string;
  /** The other servers; a measurement that asks first waits for their installation. */
  peers(): Promise<Peers>;
  /** A folder of this run alone, gone with it. */
  dir: string;
  say(line: string): void;
}

/** Rows of text, and what could not be measured and why. */
export interface Table {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  notes: readonly string[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  if (low === undefined || high === undefined) throw new Error('there is no median of nothing');
  return (low + high) / 2;
}

export function ratio(value: number, baseline: number): string {
  return (value / baseline).toFixed(2);
}

/** A measured ratio beside what it may be: `0.58 (≤ 0.70)`, or with `MISSED`. */
export function held(value: number, budget: number): string {
  const verdict = value <= budget ? `≤ ${budget}` : `MISSED: ≤ ${budget}`;
  return `${Number.isInteger(value) ? value : value.toFixed(2)} (${verdict})`;
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}
