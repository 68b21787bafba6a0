import type { KubeObject } from '../kubernetes/object.ts';

/** As many changes as a watch may lag behind before it must list again; older ones are forgotten. */
const rememberedChanges = 2_000;

type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One committed change. `before` is absent for ADDED; for DELETED `object` carries the deletion's own version. */
export interface Change {
  revision: number;
  type: ChangeType;
  storage: string;
  key: string;
  object: KubeObject;
  before?: KubeObject;
}

interface Shelf {
  objects: Map<string, KubeObject>;
  keys: string[];
}

/** `namespace/name`, or the name alone: sorted as the real server lists. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The place of the first key that is not less than the wanted one. */
function place(keys: readonly string[], wanted: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * All objects of the cluster. Objects are never changed in place, so that a list, a watch and a cached text can
 * share them; one counter gives every change its resourceVersion; the last changes are kept, from which watches
 * resume and lists are shown as they were.
 */
export class ClusterState {
  #shelves = new Map<string, Shelf>();
  #changes: Change[] = [];
  #listeners = new Set<(change: Change) => void>();
  #revision = 1;

  get revision(): number {
    return this.#revision;
  }

  /** Changes up to and including this revision can no longer be told. */
  get forgotten(): number {
    const oldest = this.#changes[0];
    return oldest === undefined || this.#changes.length < rememberedChanges ? 0 : oldest.revision - 1;
  }

  get(storage: string, key: string): KubeObject | undefined {
    return this.#shelves.get(storage)?.objects.get(key);
  }

  /** Stores an object under a new resourceVersion and returns what was stored. */
  put(storage: string, object: KubeObject): KubeObject {
    const shelf = this.#shelf(storage);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const before = shelf.objects.get(key);
    const revision = ++this.#revision;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    if (before === undefined) shelf.keys.splice(place(shelf.keys, key), 0, key);
    shelf.objects.set(key, stored);
    this.#publish({
      revision,
      type: before === undefined ? 'ADDED' : 'MODIFIED',
      storage,
      key,
      object: stored,
      ...(before === undefined ? {} : { before }),
    });
    return stored;
  }

  /** Removes an object; `last` is how it looked in its last moment (default: as stored). */
  remove(storage: string, key: string, last?: KubeObject): KubeObject | undefined {
    const shelf = this.#shelf(storage);
    const before = shelf.objects.get(key);
    if (before === undefined) return undefined;
    shelf.objects.delete(key);
    shelf.keys.splice(place(shelf.keys, key), 1);
    const revision = ++this.#revision;
    const from = last ?? before;
    const object = { ...from, metadata: { ...from.metadata, resourceVersion: String(revision) } };
    this.#publish({ revision, type: 'DELETED', storage, key, object, before });
    return object;
  }

  /** All objects of one storage, sorted by namespace and name; with a prefix (`namespace/`) only those. */
  list(storage: string, prefix = ''): KubeObject[] {
    const shelf = this.#shelves.get(storage);
    if (shelf === undefined) return [];
    const found: KubeObject[] = [];
    for (let index = prefix === '' ? 0 : place(shelf.keys, prefix); index < shelf.keys.length; index++) {
      const key = shelf.keys[index] ?? '';
      if (!key.startsWith(prefix)) break;
      const object = shelf.objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** How many objects a storage holds. */
  count(storage: string): number {
    return this.#shelves.get(storage)?.objects.size ?? 0;
  }

  /** How many objects there are. */
  get size(): number {
    let size = 0;
    for (const { objects } of this.#shelves.values()) size += objects.size;
    return size;
  }

  all(): KubeObject[] {
    return [...this.#shelves.values()].flatMap(shelf => [...shelf.objects.values()]);
  }

  /** The list as it was at a revision that is not forgotten. */
  listAt(storage: string, { revision, prefix = '' }: { revision: number; prefix?: string }): KubeObject[] {
    const current = this.list(storage, prefix);
    if (revision >= this.#revision) return current;
    const past = new Map(
      current.map(object => [keyOf(object.metadata.namespace, object.metadata.name), object]),
    );
    const since = this.changesAfter(storage, revision).filter(({ key }) => key.startsWith(prefix));
    if (since.length === 0) return current;
    for (const { key, before } of since.reverse()) {
      if (before === undefined) past.delete(key);
      else past.set(key, before);
    }
    return [...past.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** The remembered changes of one storage after a revision, oldest first. */
  changesAfter(storage: string, revision: number): Change[] {
    return this.#changes.filter(change => change.revision > revision && change.storage === storage);
  }

  /** Calls back after every change, in order, until the returned function is called. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #shelf(storage: string): Shelf {
    let shelf = this.#shelves.get(storage);
    if (shelf === undefined) {
      shelf = { objects: new Map(), keys: [] };
      this.#shelves.set(storage, shelf);
    }
    return shelf;
  }

  #publish(change: Change): void {
    this.#changes.push(change);
    // Dropped in blocks: shifting one by one would move the whole array at every change.
    if (this.#changes.length > rememberedChanges * 1.25) {
      this.#changes = this.#changes.slice(-rememberedChanges);
    }
    for (const listener of this.#listeners) listener(change);
  }
}
