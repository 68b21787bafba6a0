import type { Manifest } from '../core/copy.ts';

/** A stretch of time to every moment of which a copy can be restored. */
export interface Stretch {
  /** The copy that reaches its end. */
  copy: string;
  from: Date;
  to: Date;
  /** What that copy is put upon in place of what it needs, the oldest first. Absent: what it needs. */
  over?: readonly string[];
}

/**
 * What of a set's copies reaches which moments: each of WAL from the end of its whole copy on, and one of an operator that
 * archives WAL from its end until now, as far as that archive goes. Others reach none.
 */
export function stretchesOf(manifests: readonly Manifest[], now: Date): Stretch[] {
  return manifests
    .toSorted((a, b) => (a.copy < b.copy ? 1 : -1))
    .flatMap(({ copy, source, contents }) => {
      if (source['archive'] === 'yes') return [{ copy, from: new Date(contents.at), to: now }];
      const from = new Date(source['baseAt'] ?? '');
      const to = new Date(contents.at);
      return source['kind'] === 'wal' && from < to ? [{ copy, from, to }] : [];
    })
    .toSorted((a, b) => a.to.getTime() - b.to.getTime());
}

/** What reaches a moment with the least to replay; undefined: nothing does. */
export function stretchAt(stretches: readonly Stretch[], moment: Date): Stretch | undefined {
  return stretches.find(({ from, to }) => from <= moment && moment <= to);
}
