import type { Json, JsonObject } from '../../core/json.ts';
import { hiddenPattern } from '../../core/text.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { podReferences } from '../../kubernetes/pod-references.ts';
import { copyObject, whyNotCopied } from '../../kubernetes/twin/copy-object.ts';
import { fillIn } from '../../kubernetes/twin/fill-in.ts';
import { containersOf, type Usage } from '../../kubernetes/twin/seen-container.ts';
import kinds from '../kinds.json' with { type: 'json' };
import { type EarlierTemplate, mostNodes, parseWorld, servableVersion, type World } from '../world.ts';
import { deriveImages } from './derive-images.ts';
import { nodesFrom, nodesOfPods, whyNoNode } from './derive-nodes.ts';
import { earlierRevisions } from './earlier-revisions.ts';

/** Beside the pods that follow from them: with more, reading the file again takes longer than a sandbox may to start. */
const mostObjects = 5_000;
/** Larger ones are left out: a ConfigMap of files comes near, CRDs of the largest operators too. */
const objectBytes = 1024 * 1024;
/** In all: what can be read again within the time that the start of a sandbox may take. */
const worldBytes = 24 * 1024 * 1024;
/** A cluster plays through its past when it starts; what happened before tells nothing of today. */
const longestAgeDays = 30;
const shortestAgeDays = 0.05;
const dayMs = 86_400_000;
/** Of a cluster that does not say its own as Kubernetes does, or is older than any that the sandbox can be. */
const otherVersion = 'v1.36.2';

/** The kinds that are copied, what matters most first: it is the last to be left out. */
export const twinKinds: readonly { kind: string; apiVersion: string }[] = kinds.twin.flatMap(
  ([apiVersion = '', ...names]) => names.map(kind => ({ kind, apiVersion })),
);

/** What was read of a live cluster. */
export interface Live {
  name: string;
  serverVersion: string;
  objects: readonly KubeObject[];
  /** Kinds of twinKinds that could not be read. */
  unread: ReadonlySet<string>;
  /** By `namespace/pod/container`; undefined: the cluster does not measure. */
  usage: ReadonlyMap<string, Usage> | undefined;
  nowMs: number;
  /** The masks of an exit: a twin is one. */
  mask: { object(object: JsonObject): JsonObject; json(value: Json): Json };
}

/** A cluster in the likeness of another. */
export interface Twin {
  world: World;
  /** What was left out, `what: why`, with how many. */
  left: ReadonlyMap<string, number>;
  /** Containers that are broken in the cluster and well in the twin, with their state. */
  unlike: readonly { container: string; state: string }[];
  /** What is in it and was not read, `what: why`, with how many. */
  invented: ReadonlyMap<string, number>;
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The world that is as a live cluster is: same workloads, same images, the same ones broken. */
export function worldFrom(live: Live): Twin {
  const left = new Map<string, number>();
  const leave = (what: string, count = 1): void => void left.set(what, (left.get(what) ?? 0) + count);
  const pods = ofKind(live.objects, 'Pod');
  const needed = new Set(
    pods.flatMap(({ metadata, spec }) =>
      podReferences(spec).map(({ kind, name }) => `${kind}/${metadata.namespace}/${name}`),
    ),
  );
  const rank = ({ kind, metadata }: KubeObject): number => {
    if (needed.has(`${kind}/${metadata.namespace}/${metadata.name}`)) return 0;
    const place = twinKinds.findIndex(each => each.kind === kind);
    return place < 0 ? twinKinds.length : place;
  };
  const claims = ofKind(live.objects, 'PersistentVolumeClaim');
  const copied = live.objects.filter(object => {
    const why = object.kind === 'Node' ? undefined : whyNotCopied(object);
    if (why !== undefined) leave(`${object.kind}: ${why}`);
    return why === undefined && object.kind !== 'Node';
  });
  const filled = fillIn(live.unread, { pods, claims });
  const invented = new Map<string, number>();
  const invent = (what: string, count = 1): void =>
    void invented.set(what, (invented.get(what) ?? 0) + count);
  for (const { kind } of filled) invent(`${kind}: named by what runs`);
  const wanted = [...copied.map(copyObject), ...filled];
  const objects: KubeObject[] = [];
  let bytes = 0;
  for (const object of wanted.toSorted((a, b) => rank(a) - rank(b))) {
    const size = sizeOf(object);
    if (size > objectBytes) leave(`${object.kind}: larger than ${objectBytes} bytes`);
    else if (objects.length >= mostObjects || bytes + size > worldBytes)
      leave(`${object.kind}: more than a world holds`);
    else {
      // Only now: to look for secrets takes a second for some megabytes, and a cluster may have many more.
      const safe = masked(object, live.mask);
      if (safe === undefined) leave(`${object.kind}: its name holds a secret`);
      else {
        objects.push(safe);
        bytes += Math.max(size, sizeOf(safe));
      }
    }
  }
  const held = new Set(ofKind(objects, 'Deployment').map(placeName));
  const earlier = earlierRevisions(live.objects, live.nowMs).flatMap(
    ({ deployment, untilHoursAgo }): EarlierTemplate[] => {
      const safe = masked(copyObject(deployment), live.mask);
      if (safe === undefined || !isKind(safe, 'Deployment') || !held.has(placeName(safe))) return [];
      const { template } = safe.spec;
      bytes += sizeOf(template);
      if (bytes <= worldBytes) {
        const { namespace = '', name } = safe.metadata;
        return [{ namespace, name, untilHoursAgo, template }];
      }
      leave('ReplicaSet: more than a world holds');
      return [];
    },
  );
  const nodes = ofKind(live.objects, 'Node').filter(node => {
    const why = whyNoNode(node);
    if (why !== undefined) leave(`Node: ${why}`);
    return why === undefined;
  });
  if (nodes.length > mostNodes) leave('Node: more than a world holds', nodes.length - mostNodes);
  const { usage = new Map() } = live;
  const { unlike, images, missing } = deriveImages(
    pods.flatMap(pod => containersOf(pod, usage)),
    live.nowMs,
  );
  const named = servableVersion.test(live.serverVersion);
  if (!named) invent(`version ${otherVersion}: that of the cluster is none, or older than v1.28`);
  const made = nodes.length > 0 ? [] : nodesOfPods(pods).slice(0, mostNodes);
  if (made.length > 0) invent('Node: those on which pods run, each large', made.length);
  const cluster = {
    serverVersion: named ? live.serverVersion : otherVersion,
    ageDays: ageOf(live),
    metricsServer: live.usage !== undefined,
    nodes: nodes.length > 0 ? nodesFrom(nodes.slice(0, mostNodes)) : made,
  };
  const rest = { cluster, images, missing, unlike };
  // The mask keeps the shape: it changes texts alone.
  const { unlike: told, ...safe } = live.mask.json(rest) as unknown as typeof rest;
  return { world: { name: live.name, ...safe, load: [], earlier, objects }, left, unlike: told, invented };
}

function placeName({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Undefined where what remains would be another object, or none. */
function masked(object: KubeObject, mask: Live['mask']): KubeObject | undefined {
  const { apiVersion, kind } = object;
  // A KubeObject is JSON; its metadata has a narrower type. Placeholders of Secrets stay what they are.
  const json = object as unknown as JsonObject;
  const safe = (kind === 'Secret' ? mask.json(json) : mask.object(json)) as unknown as KubeObject;
  const same =
    safe.apiVersion === apiVersion &&
    safe.kind === kind &&
    safe.metadata.name === object.metadata.name &&
    safe.metadata.namespace === object.metadata.namespace;
  return same ? safe : undefined;
}

function ageOf({ objects, nowMs }: Live): number {
  const born = objects
    .map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ''))
    .filter(Number.isFinite);
  const oldestMs = born.reduce((oldest, each) => Math.min(oldest, each), nowMs);
  return Math.min(longestAgeDays, Math.max(shortestAgeDays, (nowMs - oldestMs) / dayMs));
}

/**
 * The world as a file of YAML, an object a line. `says`: what its reader is told at the top.
 * @throws VigieError SANDBOX where no sandbox would read it again
 */
export function worldText(world: World, says: readonly string[]): string {
  const list = (items: readonly unknown[]): string =>
    items.length === 0 ? ' []' : items.map(item => `\n  - ${flow(item)}`).join('');
  const { nodes, ...cluster } = world.cluster;
  const text = [
    ...says.map(line => `# ${line.replaceAll('\n', ' ').replaceAll(hiddenPattern, ' ')}`),
    `cluster: ${flow({ ...cluster, nodes })}`,
    `images:${list(world.images)}`,
    `missing: ${flow(world.missing)}`,
    `earlier:${list(world.earlier)}`,
    `objects:${list(world.objects)}`,
    '',
  ].join('\n');
  // A cluster may say what nobody thought of: better no file than one that fails when it is used.
  parseWorld(text, world.name);
  return text;
}

/** As JSON, which YAML reads too; what deceives whoever looks at the file is written by its number. */
function flow(value: unknown): string {
  const numbered = (units: string): string =>
    units.replaceAll(/[^]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return JSON.stringify(value).replaceAll(hiddenPattern, numbered);
}
