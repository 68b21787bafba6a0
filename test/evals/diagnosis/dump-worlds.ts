import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import type { DumpFile } from '../../../src/diagnosis/dump/files.ts';
import { readDump } from '../../../src/diagnosis/dump/read-dump.ts';
import { Snapshot, type SnapshotData } from '../../../src/diagnosis/snapshot.ts';
import { type Calm, calms } from './calm.ts';
import { dumpOf } from './dump-of.ts';
import { faults } from './faults/index.ts';
import { judge, type Verdict } from './score.ts';
import type { Fault, Label, Place, Planted, Way } from './world.ts';

/** A world of data: what was dumped, and what a diagnosis must say of it. */
export interface DumpWorld {
  world: string;
  row: Verdict['row'];
  way: string;
  labels: readonly Label[];
  data(): SnapshotData;
}

/** The names that people give: the same fault must be found under each. */
const namings: readonly {
  suffix: string;
  namespace: string;
  name: (base: string) => string;
  label: string;
}[] = [
  { suffix: 'a', namespace: 'shop', name: base => base, label: 'app' },
  { suffix: 'b', namespace: 'team-blue', name: base => `blue-${base}`, label: 'app.kubernetes.io/name' },
  { suffix: 'c', namespace: 'prod-eu-1', name: base => `${base}-v2`, label: 'k8s-app' },
];

export function placesOf(way: Way): Place[] {
  return namings.map(({ namespace, name, label }) => ({
    namespace,
    way,
    name,
    labels: base => ({ [label]: name(base) }),
  }));
}

export function dumpWorlds(): DumpWorld[] {
  return [
    ...faults.flatMap(fault => [...worldsOf(fault, 'dump'), ...worldsOf(fault, 'spec')]),
    ...calms.flatMap(calmWorlds),
    ...several(),
  ];
}

function calmWorlds(calm: Calm): DumpWorld[] {
  return placesOf('dump')
    .slice(0, 2)
    .map((at, index) => ({
      world: `${calm.name}-${namings[index]?.suffix}`,
      row: calm.noise === true ? 'noise' : 'healthy',
      way: 'dump',
      labels: [],
      data: () => dumpOf(at, { ...calm.plant(at), labels: [] }),
    }));
}

/** Every second or third of a fault's worlds has noise beside it, by its place in the list. */
function noiseFor(index: number, at: Place): Planted | undefined {
  const noises = calms.filter(({ noise }) => noise === true);
  const noise = noises[index % noises.length];
  return noise === undefined ? undefined : { ...noise.plant(at), labels: [] };
}

/** Faults that have nothing to do with each other, beside each other. */
function several(): DumpWorld[] {
  const apart = [
    ['crash-exit-3', 'claim-class-missing', 'rbac-role-missing'],
    ['image-tag', 'hpa-target-missing', 'service-nothing'],
    ['policy-deny-in', 'headless-missing', 'quota-pods'],
    ['oom-limit', 'webhook-validati-missing', 'job-backoff'],
    ['taint-selector', 'api-service-missing', 'helm-failed'],
    ['secret-missing-twice', 'budget-none', 'cron-missed'],
    ['readiness-path', 'volume-lost', 'daemon-selector'],
    ['init-exit-3', 'port-name', 'terminating-namespace'],
  ];
  const place = placesOf('dump')[0];
  if (place === undefined) return [];
  return apart.map((names, index) => {
    // Each under names of its own.
    const planted = names.map((name, which) => {
      const fault = faults.find(each => each.name === name);
      if (fault === undefined) throw new Error(`no fault ${name}`);
      const at: Place =
        which === 0
          ? place
          : { ...place, name: base => `${base}-${which}`, labels: base => ({ app: `${base}-${which}` }) };
      return { at, planted: fault.plant(at) };
    });
    return {
      world: `several-${index + 1}-${names.join('+')}`,
      row: 'several',
      way: 'dump',
      labels: planted.flatMap(each => each.planted.labels),
      data: () => together(place, planted),
    };
  });
}

function together(place: Place, planted: readonly { at: Place; planted: Planted }[]): SnapshotData {
  const byName = <Value>(pick: (each: Planted) => Record<string, Value> | undefined): Record<string, Value> =>
    Object.fromEntries(
      planted.flatMap(each =>
        Object.entries(pick(each.planted) ?? {}).map(([base, value]) => [each.at.name(base), value]),
      ),
    );
  return dumpOf(place, {
    objects: planted.flatMap(each => each.planted.objects),
    lives: byName(each => each.lives),
    made: byName(each => each.made),
    replaced: byName(each => each.replaced),
    statuses: byName(each => each.statuses),
    events: planted.flatMap(each => each.planted.events ?? []),
    labels: [],
  });
}

function worldsOf(fault: Fault, way: 'dump' | 'spec'): DumpWorld[] {
  const ways = fault.ways ?? ['sandbox', 'dump', 'recorded'];
  if (!ways.includes(way)) return [];
  return placesOf(way)
    .slice(0, way === 'spec' ? 2 : 3)
    .map((at, index) => ({
      world: `${fault.name}-${way}-${namings[index]?.suffix}`,
      row: fault.row,
      way,
      labels: fault.plant(at).labels,
      data: () => {
        const beside = index === 1 && fault.alone !== true ? noiseFor(faults.indexOf(fault), at) : undefined;
        return dumpOf(at, fault.plant(at), {
          specOnly: way === 'spec',
          ...(beside === undefined ? {} : { beside }),
        });
      },
    }));
}

/** Kinds of which whoever dumps a whole cluster gets a list, be it empty. */
const listed = `
  ConfigMap Secret ServiceAccount PersistentVolume PersistentVolumeClaim ResourceQuota LimitRange
  Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision Job CronJob Pod Event Service
  Endpoints EndpointSlice Ingress IngressClass NetworkPolicy StorageClass CSIDriver
  HorizontalPodAutoscaler PodDisruptionBudget PriorityClass RuntimeClass Lease Node Namespace Role
  RoleBinding ClusterRole ClusterRoleBinding CustomResourceDefinition APIService
  ValidatingWebhookConfiguration MutatingWebhookConfiguration VolumeAttachment CSINode`
  .trim()
  .split(/\s+/);

/** The files of a dump, as `kubectl get KIND -A -o json` writes each. */
export function filesOf({ objects, events, logs = new Map() }: SnapshotData): DumpFile[] {
  const byKind = Map.groupBy([...objects, ...events], ({ kind }) => kind);
  const lists = [...new Set([...listed, ...byKind.keys()])].map(kind => {
    const items = byKind.get(kind) ?? [];
    const text = JSON.stringify({ apiVersion: items[0]?.apiVersion ?? 'v1', kind: `${kind}List`, items });
    return { path: `${kind.toLowerCase()}s.json`, bytes: Buffer.from(text) };
  });
  const written = [...logs].map(([key, { lines }]) => ({
    path: `${key.replaceAll('/', '_')}.log`,
    bytes: Buffer.from(`${lines.join('\n')}\n`),
  }));
  return [...lists, ...written];
}

/** Diagnoses a dump as `--from` does. */
export async function judgeDump(world: DumpWorld): Promise<Verdict> {
  const data = world.data();
  // What was changed through Vigie stands in its store, and in no file.
  if (data.changes !== undefined) return judge(world, diagnose(new Snapshot(data)).findings);
  const { snapshot } = await readDump(filesOf(data), {
    now: data.takenAt,
    learn: () => undefined,
    masking: () => text => text,
  });
  return judge(world, diagnose(snapshot).findings);
}
