import type { Looked } from './witnessing.ts';

/** What one witness says of the chain, once all it has was found in there. */
export type WitnessView = {
  /** `git /srv/witness` */
  name: string;
  system: 'journal' | 'git' | 'https';
  /** It could not be told since (ISO 8601), and why the last time. */
  failing?: { since: string; why: string };
} & (
  | { state: 'agrees'; upTo: number }
  /** It took row `told`, and does not have it any more. */
  | { state: 'lost'; upTo: number; told: number }
  /** It took row `told` as far as the store remembers. */
  | { state: 'unreadable'; why: string; told: number }
);

/** Which hashes the witnesses have for rows of the chain, for a walk along it. */
export class Testimony {
  readonly #looked: readonly Looked[];
  readonly #bySequence = new Map<number, { hash: string; name: string }[]>();

  constructor(looked: readonly Looked[]) {
    this.#looked = looked;
    for (const look of looked) {
      if (!('rows' in look)) continue;
      for (const { sequence, hash } of look.rows) {
        const known = this.#bySequence.get(sequence) ?? [];
        known.push({ hash, name: look.witness.name });
        this.#bySequence.set(sequence, known);
      }
    }
  }

  /** What a witness has against a row of the chain; undefined: nothing. */
  against(row: { sequence: number; hash: string }): string | undefined {
    const other = this.#bySequence.get(row.sequence)?.find(({ hash }) => hash !== row.hash);
    return other === undefined
      ? undefined
      : `is not the one that ${other.name} has under that number: the chain was written anew`;
  }

  /** What a witness has behind the last row of the chain; undefined: nothing. */
  beyond(lastRow: number): string | undefined {
    const newest = Math.max(0, ...this.#looked.map(newestOf));
    if (newest <= lastRow) return undefined;
    const [known] = this.#bySequence.get(newest) ?? [];
    return `${known?.name ?? 'a witness'} has row ${newest}, and the chain ends at row ${lastRow}: rows were cut off, or that witness has a false line`;
  }

  views(): WitnessView[] {
    return this.#looked.map(look => {
      const { witness, told } = look;
      const { name, system } = witness;
      const common = { name, system, ...(told.failing === undefined ? {} : { failing: told.failing }) };
      if ('unreadable' in look)
        return { ...common, state: 'unreadable', why: look.unreadable, told: told.sequence };
      const upTo = newestOf(look);
      return witness.shows !== 'recent' && upTo < told.sequence
        ? { ...common, state: 'lost', upTo, told: told.sequence }
        : { ...common, state: 'agrees', upTo };
    });
  }
}

function newestOf(look: Looked): number {
  return 'rows' in look ? look.rows.reduce((most, { sequence }) => Math.max(most, sequence), 0) : 0;
}
