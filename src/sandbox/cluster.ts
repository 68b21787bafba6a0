import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Ref } from '../core/ref.ts';
import { allocate, establishedStatus } from '../kubernetes/allocation.ts';
import { withDefaults } from '../kubernetes/defaults.ts';
import { isKind } from '../kubernetes/kinds.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { findIn, type ObjectView } from '../kubernetes/object-view.ts';
import { asKnown } from '../kubernetes/releases.ts';
import { encodeStringData } from '../kubernetes/string-data.ts';
import { allocatorOf } from './allocator.ts';
import type { Access } from './authorize.ts';
import facts from './bootstrap.json' with { type: 'json' };
import { bootstrapObjects } from './bootstrap.ts';
import { builtinResources } from './builtin-resources.ts';
import { SandboxClock } from './clock.ts';
import { nameLetters } from './controllers/naming.ts';
import { metricsResources } from './metrics-server.ts';
import { accountOf, withAccount } from './pod-account.ts';
import { populate } from './populate.ts';
import { minorOf, resourcesOf } from './releases.ts';
import { type Resource, storageOf } from './resource.ts';
import { Resources } from './resources.ts';
import { ClusterState, keyOf } from './state.ts';
import { notFound } from './status.ts';
import type { World } from './world.ts';

/** One simulated cluster without its wire: what exists, what is served and what time it is. */
export interface Cluster {
  world: World;
  clock: SandboxClock;
  resources: Resources;
  state: ClusterState;
  /** Signs the tokens of its accounts; drawn anew for every cluster. */
  signingKey: Buffer;
  /** Hears what every request wants that may have it. Absent: nobody asks. */
  heard?: (access: Access) => void;
}

const dayMs = 86_400_000;
const definitions = 'apiextensions.k8s.io/customresourcedefinitions';

/** The past that was played of a world, up to a second: whoever begins again then has it at once. */
const pasts = new WeakMap<World, { second: number; objects: readonly KubeObject[] }>();

/** Builds the cluster of a world as it stands now. The uid of its kube-system namespace is its identity. */
export function createCluster(world: World, now: () => number = Date.now): Cluster {
  const clock = new SandboxClock(now);
  const metrics = world.cluster.metricsServer;
  const resources = new Resources([
    ...resourcesOf(minorOf(world), builtinResources),
    ...(metrics ? metricsResources : []),
  ]);
  const cluster: Cluster = {
    world,
    clock,
    resources,
    state: new ClusterState(),
    signingKey: randomBytes(32),
  };
  cluster.state.onChange(change => {
    if (change.storage !== definitions) return;
    if (change.type === 'DELETED') undefine(cluster, change.object.metadata.name);
    else {
      cluster.resources.define(change.object);
      // Later, because all who listen have to hear of this change first.
      if (change.type === 'ADDED') queueMicrotask(() => establish(cluster, change.object));
    }
  });
  if (metrics) load(cluster, facts.metricsService);
  // What every cluster has; a world may have its own under the same names.
  for (const object of bootstrapObjects(clock.now() - world.cluster.ageDays * dayMs)) load(cluster, object);
  for (const object of populated(world, clock.now())) load(cluster, object);
  return cluster;
}

function populated(world: World, nowMs: number): readonly KubeObject[] {
  const second = Math.floor(nowMs / 1_000);
  const before = pasts.get(world);
  if (before?.second === second) return before.objects;
  const given = world.objects.map(object => asKnown(minorOf(world), object));
  const isPod = ({ kind }: KubeObject): number => (kind === 'Pod' ? 1 : 0);
  // Pods last: they take from their accounts.
  const objects = populate({ ...world, objects: given }, nowMs).toSorted((a, b) => isPod(a) - isPod(b));
  pasts.set(world, { second, objects });
  return objects;
}

/** Notes on a definition that its resources are served, as the controller of a real server does a moment later. */
function establish(cluster: Cluster, definition: KubeObject): void {
  const live = cluster.state.get(definitions, definition.metadata.name);
  if (live === undefined) return;
  cluster.state.put(definitions, { ...live, status: establishedStatus(live, cluster.clock.timestamp()) });
}

/** The objects of a kind go with its definition. */
function undefine(cluster: Cluster, definition: string): void {
  const gone = cluster.resources.undefine(definition);
  for (const storage of new Set(gone.map(storageOf))) {
    for (const { metadata } of cluster.state.list(storage)) {
      cluster.state.remove(storage, keyOf(metadata.namespace, metadata.name));
    }
  }
}

/** Files an object of the world as it is, completed with what every stored object has; a second one of a name replaces the first. */
function load(cluster: Cluster, object: KubeObject): void {
  const resource = cluster.resources.ofKind(object.kind, object.apiVersion);
  // A world may hold kinds that nothing serves; they would be unreachable anyway.
  if (resource === undefined) return;
  const storage = storageOf(resource);
  const { namespace, ...metadata } = object.metadata;
  const place = resource.namespaced ? { namespace: namespace ?? 'default' } : {};
  const present = cluster.state.get(storage, keyOf(place.namespace, metadata.name));
  const filed: KubeObject = {
    ...object,
    metadata: {
      ...metadata,
      ...place,
      uid: metadata.uid ?? present?.metadata.uid ?? randomUUID(),
      creationTimestamp: metadata.creationTimestamp ?? cluster.clock.timestamp(),
    },
  };
  const account = isKind(filed, 'Pod')
    ? findIn(viewOf(cluster), 'ServiceAccount', {
        name: accountOf(filed),
        namespace: place.namespace ?? '',
      })
    : undefined;
  const complete = account === undefined ? filed : withAccount(filed, account);
  // Pods are made complete, by their controllers and by their account; they are most of a cluster.
  cluster.state.put(
    storage,
    asKnown(
      minorOf(cluster.world),
      allocate(
        complete.kind === 'Pod' ? complete : withDefaults(encodeStringData(complete)),
        allocatorOf(cluster.state),
      ),
    ),
  );
}

/** The object of a resource; NotFound as the server says it. */
export function fetchObject(
  cluster: Cluster,
  at: { resource: Resource; namespace: string | undefined; name: string },
): KubeObject {
  const object = cluster.state.get(storageOf(at.resource), keyOf(at.namespace, at.name));
  if (object === undefined) throw notFound(at.resource, at.name);
  return object;
}

/** The object that a ref names, if it exists. */
export function findByRef(cluster: Cluster, ref: Ref): KubeObject | undefined {
  const resource = cluster.resources.ofKind(ref.kind, ref.apiVersion);
  if (resource === undefined) return undefined;
  return cluster.state.get(storageOf(resource), keyOf(ref.namespace, ref.name));
}

/** What rules about one object read of the others. */
export function viewOf(cluster: Cluster): ObjectView & { world: World } {
  return {
    world: cluster.world,
    get: ref => findByRef(cluster, ref),
    list(kind, namespace) {
      const resource = cluster.resources.ofKind(kind);
      const prefix = namespace === undefined ? '' : `${namespace}/`;
      return resource === undefined ? [] : cluster.state.list(storageOf(resource), prefix);
    },
  };
}

export function generateName(prefix: string): string {
  let suffix = '';
  for (let index = 0; index < 5; index++) suffix += nameLetters[randomInt(nameLetters.length)];
  // 63 is the longest name; the suffix needs its five.
  return `${prefix.slice(0, 58)}${suffix}`;
}
