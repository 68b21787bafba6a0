// A witness keeps what the audit cannot keep for itself: which row had which hash at the time. Whoever rewrites the
// store afterwards has to rewrite the witness too, so it is worth as much as it is out of their reach.

/** One row of the audit as a witness keeps it. */
export interface WitnessedRow {
  sequence: number;
  /** 64 hex digits. */
  hash: string;
}

/** One place outside the store that keeps hashes of its rows. */
export interface Witness {
  system: 'journal' | 'git' | 'https';
  /** Where it is, for people, and the same after a restart: `git /srv/witness`. */
  name: string;
  /**
   * What can be read back: every row it took; the newest alone; or those of late, since old entries go by themselves and
   * fewer than before mean nothing.
   */
  shows: 'all' | 'newest' | 'recent';
  /** Resolves once the witness has taken the row; `at` is the row's own time, ISO 8601. @throws VigieError WITNESS */
  record(row: WitnessedRow & { at: string }, signal: AbortSignal): Promise<void>;
  /** What it has of this installation, in any order; of a long past only the newest. @throws VigieError WITNESS */
  recall(signal: AbortSignal): Promise<WitnessedRow[]>;
}

/** More lines are not read back: a chain is as long only after years, and its newest lines pin all before. */
export const mostLines = 100_000;

/** What a witness is asked through: git, and the reader of the journal. */
export const programLimits = {
  /** A program of this machine answers in milliseconds; one that waits for a disk that hangs must not hold us. */
  programMs: 5_000,
  /** The longest lines that are read back are entries of the journal, some 400 bytes each. */
  outputBytes: mostLines * 400,
};

/** `42 1f3a…`: one row as one line. */
export function lineOf({ sequence, hash }: WitnessedRow): string {
  return `${sequence} ${hash}`;
}

/** The row of a line; undefined for anything that is no such line. */
export function rowOf(line: string): WitnessedRow | undefined {
  const [, sequence, hash] = /^([1-9]\d{0,14}) ([0-9a-f]{64})$/.exec(line) ?? [];
  return sequence === undefined || hash === undefined ? undefined : { sequence: Number(sequence), hash };
}
