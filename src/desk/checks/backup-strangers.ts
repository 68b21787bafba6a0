import { type Shelf, strangeCopies } from '../../backups/catalogue.ts';
import type { Check } from './check.ts';

/** Copies of a set that no key of ours signed: they count for nothing, and only a person knows whose they are. */
export function* strangerChecks(
  set: string,
  { area, shelves }: { area: string; shelves: readonly Shelf[] },
): Iterable<Check> {
  for (const shelf of shelves) {
    for (const copies of Map.groupBy(strangeCopies(shelf), each =>
      each.ours === true ? each.why : each.state,
    ).values()) {
      const [newest] = copies;
      const many = `${copies.length} ${copies.length === 1 ? 'copy counts' : 'copies count'} for nothing`;
      yield {
        area,
        state: 'note',
        what: `set ${set}: ${many} at ${shelf.destination}, the newest ${newest?.copy ?? ''}: ${newest?.why ?? ''}`,
        todo:
          newest?.ours === true
            ? 'Give each environment a folder, bucket or repository of its own, or its sets names of their own.'
            : newest?.state === 'foreign'
              ? 'If they are yours, let signing under backups in vigie.yaml lead to the key that signed them; else find out who may write there.'
              : 'If they were made before copies were signed, make another and drill it; else find out who may write there.',
      };
    }
  }
}
