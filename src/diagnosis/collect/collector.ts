import type { ResourceKind } from '../../clients/kube/reader.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { lastSeenMs } from '../../kubernetes/event-times.ts';
import type { Event } from '../../kubernetes/kinds/event.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { type RecordedChange, Snapshot, type Unread } from '../snapshot.ts';
import { behindIn } from './behind.ts';
import { readEvents } from './events.ts';
import { type KeptLogs, readLogs } from './logs.ts';
import { type Look, requestsAtOnce, unlessUnread } from './look.ts';
import { readKind, readObjects, servedKinds } from './objects.ts';
import { lookAtPods, type PodsSeen } from './pods.ts';
import { wantedKinds } from './wanted-kinds.ts';

/** Read in another way than as a list of whole objects. */
const apart: readonly string[] = ['Pod', 'Event'];
/** A cluster keeps ten of these for each workload; they tell something only where something is wrong. */
const onlyWhereWrong: readonly string[] = ['ReplicaSet', 'ControllerRevision'];
/** Nobody else makes revisions; replica sets are also made by hand. */
const makersOfRevisions: readonly string[] = ['StatefulSet', 'DaemonSet'];

/** What changed since it was read: kinds as a whole, and of pods the namespaces; the empty name stands for all of them. */
export interface Stale {
  kinds: ReadonlySet<string>;
  podsOf: ReadonlySet<string>;
}

/** What was read of a cluster, and what of it is read again when it has changed. */
export class Collector {
  readonly #look: Look;
  #served: ResourceKind[] = [];
  #absent: string[] = [];
  #objects: KubeObject[] = [];
  #events: Event[] = [];
  #pods: PodsSeen = { pods: [], rows: [] };
  #histories: KubeObject[] = [];
  #logs: KeptLogs = new Map();
  #serverVersion: string | undefined;

  constructor(look: Look) {
    this.#look = look;
  }

  /** The kinds that are read as whole lists. */
  get kinds(): readonly ResourceKind[] {
    return this.#served;
  }

  /** @throws VigieError where nothing at all can be read */
  async readAll(): Promise<void> {
    this.#look.unread.length = 0;
    const listed = wantedKinds().filter(kind => !apart.includes(kind) && !onlyWhereWrong.includes(kind));
    const { served, absent } = await servedKinds(this.#look, listed);
    this.#served = served;
    this.#absent = absent;
    [this.#objects, this.#serverVersion] = await Promise.all([
      readObjects(this.#look, served),
      unlessUnread(this.#look, { kind: 'version', read: () => this.#look.kube.serverVersion() }),
    ]);
    this.#pods = await lookAtPods(this.#look, this.#namespaces());
    this.#events = await this.#readEvents();
    await this.#lookCloser();
  }

  /** Reads again what changed. */
  async refresh({ kinds, podsOf }: Stale): Promise<void> {
    const again = this.#served.filter(({ kind }) => kinds.has(kind));
    this.#forget(({ kind }) => kinds.has(kind) && kind !== 'Pod');
    this.#objects = this.#objects.filter(({ kind }) => !kinds.has(kind));
    this.#objects.push(...(await readObjects(this.#look, again)));
    if (podsOf.size > 0) {
      const isAll = podsOf.has('');
      const isStale = (namespace: string) => isAll || podsOf.has(namespace);
      this.#forget(
        ({ kind, namespace }) => kind === 'Pod' && (namespace === undefined || isStale(namespace)),
      );
      const { pods, rows } = await lookAtPods(this.#look, isAll ? this.#namespaces() : [...podsOf]);
      this.#pods = {
        pods: [...this.#pods.pods.filter(({ metadata }) => !isStale(metadata.namespace ?? '')), ...pods],
        rows: [...this.#pods.rows.filter(({ namespace }) => !isStale(namespace)), ...rows],
      };
    }
    // Of pods that were well, none were kept.
    if (kinds.has('Event') || podsOf.size > 0) this.#events = await this.#readEvents();
    await this.#lookCloser();
  }

  snapshot({ changes = [] }: { changes?: readonly RecordedChange[] } = {}): Snapshot {
    const { namespace, namespaces, unread } = this.#look;
    const seen = namespace === undefined ? namespaces : [namespace];
    return new Snapshot({
      takenAt: this.#look.clusterTime(),
      objects: [...this.#objects, ...this.#pods.pods, ...this.#histories],
      events: this.#events.toSorted((a, b) => lastSeenMs(b) - lastSeenMs(a)),
      rows: this.#pods.rows,
      mask: text => this.#look.masking()(text),
      logs: this.#logs,
      unread: [...unread],
      ...(namespace === undefined ? { partly: onlyWhereWrong } : {}),
      absent: this.#absent,
      changes,
      ...(seen === undefined ? {} : { namespaces: seen }),
      ...(this.#serverVersion === undefined ? {} : { serverVersion: this.#serverVersion }),
    });
  }

  /** At what looks wrong: the revisions before, and what the containers said. */
  async #lookCloser(): Promise<void> {
    this.#forget(({ kind }) => onlyWhereWrong.includes(kind) || kind === 'log');
    const { namespace, namespaces } = this.#look;
    const places =
      namespace === undefined
        ? behindIn({ objects: this.#objects, events: this.#events, pods: this.#pods.pods })
        : [namespace];
    const within = places.filter(place => namespaces?.includes(place) ?? true);
    const { served } = await servedKinds(this.#look, onlyWhereWrong);
    const wanted = served.flatMap(kind =>
      (kind.kind === 'ControllerRevision' ? this.#withRevisions(within) : within).map(place => ({
        kind,
        query: { namespace: place },
      })),
    );
    const lists = await inParallel(wanted, {
      atOnce: requestsAtOnce,
      task: each => readKind(this.#look, each),
    });
    this.#histories = lists.flat();
    this.#logs = await readLogs(this.#look, { pods: this.#pods.pods, before: this.#logs });
  }

  /** The namespaces that something makes revisions in; all, where nobody could see what there is. */
  #withRevisions(places: readonly string[]): readonly string[] {
    if (this.#look.unread.some(({ kind }) => makersOfRevisions.includes(kind))) return places;
    const makers = this.#objects.filter(({ kind }) => makersOfRevisions.includes(kind));
    const made = new Set(makers.map(({ metadata }) => metadata.namespace));
    return places.filter(place => made.has(place));
  }

  #readEvents(): Promise<Event[]> {
    this.#forget(({ kind }) => kind === 'Event');
    const well = new Set(this.#pods.rows.map(({ namespace, name }) => `${namespace}/${name}`));
    return readEvents(this.#look, {
      isWell: ({ namespace, name }) => well.has(`${namespace}/${name}`),
      namespaces: this.#namespaces(),
    });
  }

  #forget(what: (unread: Unread) => boolean): void {
    const { unread } = this.#look;
    unread.splice(0, unread.length, ...unread.filter(each => !what(each)));
  }

  /** Undefined: they may not be listed. */
  #namespaces(): readonly string[] | undefined {
    const { namespace, namespaces, unread } = this.#look;
    if (namespace !== undefined) return [namespace];
    if (namespaces !== undefined) return namespaces;
    if (unread.some(({ kind }) => kind === 'Namespace')) return undefined;
    return ofKind(this.#objects, 'Namespace').map(({ metadata }) => metadata.name);
  }
}
