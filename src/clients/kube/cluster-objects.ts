import { VigieError } from '../../core/errors.ts';
import { describeRef } from '../../core/ref.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { selectorText } from '../../kubernetes/selectors.ts';
import type { Runner } from '../../processes/runner.ts';
import type { KubeSession } from './connection.ts';

/** Which object of the one namespace. */
export interface ObjectName {
  apiVersion: string;
  kind: string;
  name: string;
}

/** Says which set of backups an object of the cluster was made for: nothing without it is removed. */
export const setLabel = 'vigie.dev/set';

/** Whoever may make objects may write labels: what is believed of an object has a code of this installation, too. */
const codeAnnotation = 'vigie.dev/code';
const ours = 'vigie.dev/';

/** More objects of one kind are not looked at. */
const mostObjects = 1_000;

interface Bound {
  /** A session that a signal ends. */
  open: (signal: AbortSignal) => Promise<KubeSession>;
  signal: AbortSignal;
  set: string;
  namespace: string;
  /** As `apiVersion/kind`: no other is read, made or removed. */
  kinds: ReadonlySet<string>;
  /** A code over a text that only this installation can make. */
  codeOf: (text: string) => Promise<string>;
  /** Right before every request that writes. Absent: this only looks, and writes nothing. */
  beforeWrite?: () => Promise<void>;
}

/**
 * Objects of one namespace, of few kinds, for what acts on them as a program acts on files. What it makes has the label of
 * its set, and nothing else is removed. Throws as KubeReader, KubeWriter and KubeExecutor do.
 */
export class ClusterObjects {
  readonly #bound: Bound;

  constructor(bound: Bound) {
    this.#bound = bound;
  }

  get namespace(): string {
    return this.#bound.namespace;
  }

  /** Undefined where it does not exist. */
  async find(name: ObjectName): Promise<KubeObject | undefined> {
    this.#assertKind(name);
    const { reader } = await this.#session();
    return reader.find({ ...name, namespace: this.namespace });
  }

  /** The first thousand that have these labels. */
  async list(
    query: Omit<ObjectName, 'name'>,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<KubeObject[]> {
    this.#assertKind(query);
    const { reader } = await this.#session();
    const labelSelector = selectorText({ matchLabels: { ...labels } });
    const page = await reader.list({
      ...query,
      namespace: this.namespace,
      limit: mostObjects,
      ...(labelSelector === '' ? {} : { labelSelector }),
    });
    return page.items;
  }

  /** Makes an object that must not exist yet. @throws VigieError ALREADY_EXISTS, KILL_SWITCH */
  async create(manifest: KubeObject): Promise<KubeObject> {
    this.#assertKind(manifest);
    const { metadata } = manifest;
    const labels = { ...metadata.labels, [setLabel]: this.#bound.set };
    const marked = { ...manifest, metadata: { ...metadata, namespace: this.namespace, labels } };
    const annotations = { ...metadata.annotations, [codeAnnotation]: await this.#codeOf(marked) };
    const writer = await this.#writer();
    return writer.apply({
      manifest: { ...marked, metadata: { ...marked.metadata, annotations } },
      force: false,
      mustCreate: true,
    });
  }

  /** Whether this installation made an object of that name for the set, with the labels and annotations of ours that it has. */
  async isMadeHere(object: KubeObject): Promise<boolean> {
    const { labels, annotations } = object.metadata;
    if (labels?.[setLabel] !== this.#bound.set) return false;
    return annotations?.[codeAnnotation] === (await this.#codeOf(object));
  }

  /** Begins the deletion of the object that was read, and of all that it owns. @throws VigieError CONFLICT, KILL_SWITCH */
  async remove(object: KubeObject): Promise<void> {
    this.#assertKind(object);
    const { uid = '', labels } = object.metadata;
    if (labels?.[setLabel] !== this.#bound.set)
      throw new VigieError(
        'CONFLICT',
        `${describeRef(refOf(object))} was not made for the set ${this.#bound.set}: it is left alone.`,
      );
    const writer = await this.#writer();
    await writer.delete({ target: refOf(object), uid, propagation: 'Foreground' });
  }

  /** Runs programs in a container. */
  async runnerIn({ pod, container }: { pod: string; container: string }): Promise<Runner> {
    const [session, { PodRunner }] = await Promise.all([this.#session(), import('./pod-runner.ts')]);
    return new PodRunner(await session.executor(), {
      pod: { name: pod, namespace: this.namespace },
      container,
    });
  }

  /** The same, ended by another signal: for what is tidied up after its call was stopped. */
  until(signal: AbortSignal): ClusterObjects {
    return new ClusterObjects({ ...this.#bound, signal });
  }

  /** An operator adds labels and annotations of its own, which say nothing here. */
  #codeOf({ apiVersion, kind, metadata }: KubeObject): Promise<string> {
    const { name, labels = {}, annotations = {} } = metadata;
    const own = [labels, annotations].map(all =>
      Object.entries(all)
        .filter(([key]) => key.startsWith(ours) && key !== codeAnnotation)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
    return this.#bound.codeOf(JSON.stringify([apiVersion, kind, this.namespace, name, ...own]));
  }

  #session(): Promise<KubeSession> {
    return this.#bound.open(this.#bound.signal);
  }

  async #writer() {
    const { beforeWrite } = this.#bound;
    if (beforeWrite === undefined) throw new Error('objects of the cluster are written in apply alone');
    const writer = await (await this.#session()).writer();
    await beforeWrite();
    return writer;
  }

  #assertKind({ apiVersion, kind }: { apiVersion: string; kind: string }): void {
    if (!this.#bound.kinds.has(`${apiVersion}/${kind}`))
      throw new Error(`${apiVersion}/${kind} is no kind that this engine acts on`);
  }
}
