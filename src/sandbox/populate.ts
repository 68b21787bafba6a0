import type { JsonObject } from '../core/json.ts';
import { lastRunBefore } from '../kubernetes/cron.ts';
import { lastSeenMs } from '../kubernetes/event-times.ts';
import type { CronJob } from '../kubernetes/kinds/batch.ts';
import type { Pod } from '../kubernetes/kinds/pod.ts';
import type { Deployment } from '../kubernetes/kinds/workloads.ts';
import { ofKind } from '../kubernetes/kinds.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { revisionKey } from '../kubernetes/revisions.ts';
import { trackUpdate } from '../kubernetes/server-side-apply.ts';
import { encodeStringData } from '../kubernetes/string-data.ts';
import { timestampAt } from '../kubernetes/timestamps.ts';
import { controllers } from './controllers/index.ts';
import { lettersFrom } from './controllers/naming.ts';
import { eventsKeptMs } from './event-lifetime.ts';
import { Rehearsal } from './rehearsal.ts';
import type { EarlierTemplate, World } from './world.ts';
import { nodesOf } from './world-nodes.ts';

/*
 * A world file says what is wanted; everything else is derived by letting the sandbox's own controllers play through
 * the cluster's past: objects are made when the cluster is born, earlier templates are rolled out over, cron jobs had
 * their last run. So what a fresh sandbox shows is what its controllers would have made, and they leave it alone.
 */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** So long before now was the last run of a cron job, so that it is over. */
const settledMs = 60_000;
/** One pod in so many has been restarted since it was made. */
const restartedOneIn = 6;
/** What of a deployment a rollout replaces. */
type What = { image: string } | { template: Deployment['spec']['template'] };

const systemNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/**
 * Every object of a world as it stands at nowMs. Names and uids are the same for the same world; the namespace
 * kube-system has no uid, for that is the identity of the one cluster it becomes part of.
 */
export function populate(world: World, nowMs: number): KubeObject[] {
  // Names follow from how old things are: in whole seconds, as the API writes times.
  const bornMs = Math.floor(nowMs / 1_000) * 1_000 - world.cluster.ageDays * dayMs;
  const life = new Rehearsal(world, { controllers, nowMs: bornMs, tellFromMs: nowMs - eventsKeptMs });
  for (const object of [...namespaces(world), ...nodesOf(world, nowMs), ...declared(world)]) {
    life.apply({ do: 'create', object });
  }
  for (const moment of history(world, { bornMs, nowMs })) {
    life.playUntil(moment.atMs);
    moment.act(life);
  }
  life.playUntil(nowMs);
  return life
    .all()
    .filter(object => object.kind !== 'Event' || nowMs - lastSeenMs(object) < eventsKeptMs)
    .map(object => (object.kind === 'Pod' ? withRestarts(object, { bornMs, nowMs }) : withOwner(object)))
    .map(withoutIdentity);
}

/** Who wrote the object first, as managedFields tell it. What controllers made belongs to them by its owner already. */
function withOwner(object: KubeObject): KubeObject {
  const { creationTimestamp: time, ownerReferences, annotations = {} } = object.metadata;
  if (time === undefined || ownerReferences !== undefined || object.kind === 'Event') return object;
  const { [revisionKey]: _revision, ...written } = annotations;
  const { status, ...rest } = object;
  const { metadata } = trackUpdate({
    before: undefined,
    after: { ...rest, metadata: { ...object.metadata, annotations: written } },
    manager: managerOf(written),
    time,
  });
  const managedFields = metadata.managedFields;
  if (managedFields === undefined) return object;
  return {
    ...rest,
    metadata: { ...object.metadata, managedFields },
    ...(status === undefined ? {} : { status }),
  };
}

function managerOf(annotations: Record<string, string>): string {
  if (annotations['meta.helm.sh/release-name'] !== undefined) return 'helm';
  if (annotations['argocd.argoproj.io/tracking-id'] !== undefined) return 'argocd-controller';
  return 'kubectl-create';
}

function withoutIdentity(object: KubeObject): KubeObject {
  if (object.kind !== 'Namespace' || object.metadata.name !== 'kube-system') return object;
  const { uid: _uid, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function namespaces(world: World): KubeObject[] {
  const given = world.objects.filter(object => object.kind === 'Namespace');
  const missing = systemNamespaces.filter(name => !given.some(object => object.metadata.name === name));
  const system = missing.map(
    (name): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  );
  return [...system, ...given].map(object => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }));
}

/** The declared objects with what an API server allocates, deployments with the first image they ran. */
function declared(world: World): KubeObject[] {
  const firsts = new Map<string, EarlierTemplate>();
  for (const entry of world.earlier.toReversed()) firsts.set(`${entry.namespace}/${entry.name}`, entry);
  return (
    world.objects
      // Cron jobs come with their last run.
      .filter(object => object.kind !== 'Namespace' && object.kind !== 'CronJob')
      .map(object => {
        if (object.kind === 'Service') return withAddress(object);
        if (object.kind === 'Secret') return encodeStringData(object);
        const first = firsts.get(`${object.metadata.namespace ?? ''}/${object.metadata.name}`);
        const [deployment] = ofKind([object], 'Deployment');
        return deployment === undefined || first === undefined ? object : asOf(deployment, first);
      })
  );
}

function asOf(deployment: Deployment, what: What): Deployment {
  const { spec } = deployment;
  return 'image' in what
    ? withImage(deployment, what.image)
    : { ...deployment, spec: { ...spec, template: what.template } };
}

function withImage(deployment: Deployment, image: string): Deployment {
  const [first, ...others] = deployment.spec.template.spec.containers;
  if (first === undefined) return deployment;
  const template = deployment.spec.template;
  const containers = [{ ...first, image }, ...others];
  return {
    ...deployment,
    spec: { ...deployment.spec, template: { ...template, spec: { ...template.spec, containers } } },
  };
}

function withAddress(service: KubeObject): KubeObject {
  const given = service.spec?.['clusterIP'];
  const { namespace, name } = service.metadata;
  const letters = lettersFrom(`${namespace}/${name}`, 6);
  // 10.43.0.x is left to what the cluster brings itself.
  const derived = `10.43.${1 + ((letters.charCodeAt(0) * 7 + letters.charCodeAt(1)) % 254)}.${1 + ((letters.charCodeAt(2) * 5 + letters.charCodeAt(3)) % 254)}`;
  const clusterIP = typeof given === 'string' ? given : derived;
  const spec: JsonObject = { type: 'ClusterIP', ...service.spec, clusterIP, clusterIPs: [clusterIP] };
  return { ...service, spec, status: { loadBalancer: {} } };
}

interface Moment {
  atMs: number;
  act(life: Rehearsal): void;
}

function history(world: World, { bornMs, nowMs }: { bornMs: number; nowMs: number }): Moment[] {
  const rollouts = world.earlier.map((entry, index): Moment => {
    const next = world.earlier
      .slice(index + 1)
      .find(each => each.namespace === entry.namespace && each.name === entry.name);
    return {
      atMs: Math.max(bornMs + hourMs, bornMs + world.cluster.ageDays * dayMs - entry.untilHoursAgo * hourMs),
      act: life => rollOut(life, { entry, next: next ?? presentOf(world, entry) }),
    };
  });
  const runs = ofKind(world.objects, 'CronJob').map((cronJob): Moment => {
    const lastMs = cronJob.spec.suspend === true ? undefined : lastRunBefore(cronJob.spec, nowMs - settledMs);
    const atMs = Math.max(bornMs, lastMs ?? bornMs);
    return { atMs, act: life => life.apply({ do: 'create', object: asOfOld(cronJob, { bornMs, atMs }) }) };
  });
  return [...rollouts, ...runs].sort((a, b) => a.atMs - b.atMs);
}

function presentOf(world: World, entry: EarlierTemplate): What | undefined {
  const template = ofKind(world.objects, 'Deployment').find(
    each => each.metadata.name === entry.name && each.metadata.namespace === entry.namespace,
  )?.spec.template;
  const image = template?.spec.containers[0]?.image;
  if ('template' in entry) return template && { template };
  return image === undefined ? undefined : { image };
}

function rollOut(life: Rehearsal, { entry, next }: { entry: EarlierTemplate; next: What | undefined }): void {
  const live = ofKind(life.list('Deployment', entry.namespace), 'Deployment').find(
    each => each.metadata.name === entry.name,
  );
  if (live !== undefined && next !== undefined) life.apply({ do: 'update', object: asOf(live, next) });
}

/** A cron job that has been there since the cluster was made and of whose runs only the last one is still to come. */
function asOfOld(cronJob: CronJob, { bornMs, atMs }: { bornMs: number; atMs: number }): CronJob {
  const before = lastRunBefore(cronJob.spec, atMs - 1_000) ?? bornMs;
  return {
    ...cronJob,
    metadata: { ...cronJob.metadata, creationTimestamp: timestampAt(bornMs) },
    ...(before <= bornMs ? {} : { status: { lastScheduleTime: timestampAt(before) } }),
  };
}

/** A pod here and there has been restarted: killed for memory, or by an error that passed. */
function withRestarts(object: KubeObject, { bornMs, nowMs }: { bornMs: number; nowMs: number }): KubeObject {
  const [pod] = ofKind([object], 'Pod');
  const draw = lettersFrom(`${object.metadata.name}/restarts`, 3);
  const startedAt = pod?.status?.containerStatuses?.[0]?.state?.running?.startedAt;
  if (pod === undefined || startedAt === undefined || draw.charCodeAt(0) % restartedOneIn !== 0)
    return object;
  const startedMs = Math.max(bornMs, Date.parse(startedAt));
  const share = (draw.charCodeAt(1) % 24) / 24;
  const endedMs = startedMs + Math.floor((nowMs - startedMs) * share * 0.9) + 60_000;
  return endedMs > nowMs - 60_000
    ? object
    : restarted(pod, { startedMs, endedMs, count: 1 + (draw.charCodeAt(2) % 4) });
}

function restarted(
  pod: Pod,
  { startedMs, endedMs, count }: { startedMs: number; endedMs: number; count: number },
): Pod {
  const [first, ...others] = pod.status?.containerStatuses ?? [];
  if (first === undefined) return pod;
  const outOfMemory = count === 1;
  const terminated = {
    exitCode: outOfMemory ? 137 : 1,
    reason: outOfMemory ? 'OOMKilled' : 'Error',
    startedAt: timestampAt(startedMs),
    finishedAt: timestampAt(endedMs),
  };
  const backMs = endedMs + 2_000;
  const running = { running: { startedAt: timestampAt(backMs) } };
  const status = { ...first, restartCount: count, state: running, lastState: { terminated } };
  const conditions = (pod.status?.conditions ?? []).map(condition =>
    condition.type === 'Ready' || condition.type === 'ContainersReady'
      ? { ...condition, lastTransitionTime: timestampAt(backMs + 5_000) }
      : condition,
  );
  return { ...pod, status: { ...pod.status, conditions, containerStatuses: [status, ...others] } };
}
