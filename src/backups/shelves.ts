import type { KubeReader } from '../clients/kube/reader.ts';
import type { BackupSet } from '../core/backup-set.ts';
import type { CopyReader } from '../core/copies.ts';
import { readShelf, type Shelf } from './catalogue.ts';
import { readOperatorBackups, withoutGone } from './operator-backups.ts';

/**
 * What lies of a set at each of its destinations, in their order. A record of what the operator has no more is no copy:
 * whatever chooses or removes copies goes by this, and fails where the operator cannot be asked.
 * `at`: absent: all destinations of the set. `only`: that copy alone, however old it is.
 * @throws VigieError as the destinations and the cluster do
 */
export async function readShelves(
  set: BackupSet,
  from: {
    system: { reader(destination: string): Promise<CopyReader> };
    kube: KubeReader;
    at?: readonly string[];
    only?: { copy: string } | undefined;
  },
): Promise<Shelf[]> {
  const { system, kube, at = set.to, only } = from;
  const shelves = await Promise.all(
    at.map(async name => readShelf(await system.reader(name), set.name, only)),
  );
  const made = await readOperatorBackups(kube, set);
  return made === undefined ? shelves : shelves.map(shelf => withoutGone(shelf, made));
}
