import { type ClusterObjects, setLabel } from '../../clients/kube/cluster-objects.ts';
import { VigieError } from '../../core/errors.ts';
import { type Json, type JsonObject, listOf, memberOf, plainText, textIn, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isGone, thisHolder } from '../holder.ts';
import { lookUntil } from '../look-until.ts';
import { cnpgVersion, copyLabel, snapshotsOf } from './cnpg-backup.ts';

// A Cluster that recovers from a backup, as CloudNativePG's docs/src/recovery.md and api/v1/cluster_types.go have it. It has
// no backup section and no plugin that archives: it reads the archive of its source, and never writes one.

export const clusterKind = { apiVersion: cnpgVersion, kind: 'Cluster' };
const claimKind = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
const jobKind = { apiVersion: 'batch/v1', kind: 'Job' };

/** All that this engine acts on. */
export const cnpgKinds = ['Cluster', 'Backup']
  .map(kind => `${cnpgVersion}/${kind}`)
  .concat(`${claimKind.apiVersion}/${claimKind.kind}`, `${jobKind.apiVersion}/${jobKind.kind}`);

/** The operator's own, on all that belongs to a Cluster. */
const clusterLabel = 'cnpg.io/cluster';
/** The id of the copy that a Cluster of a drill was made for. */
export const drillLabel = 'vigie.dev/drill';
const holderAnnotation = 'vigie.dev/holder';
const untilAnnotation = 'vigie.dev/until';
/** Past the end of its time a drill still takes away what it made. */
const graceMs = 3_600_000;
/** Volumes are let go when the last pod is gone. */
const removalMs = 10 * 60_000;

const healthy = 'Cluster in healthy state';
/** Phases that the operator does not leave by itself. Only the first is about what was restored. */
const unrecoverable = 'Cluster is unrecoverable and needs manual intervention';
const stuck = [
  'Invalid cluster definition',
  'Cluster cannot proceed to reconciliation due to an unknown plugin being required',
  'Cluster has incomplete or invalid image catalog',
];
const saidChars = 400;

/**
 * What a recovered Cluster has in common with its source: image, storage, resources and settings. What leads outside (a
 * backup section, plugins, replicas, services, other clusters) is not among it.
 */
const kept = [
  'affinity',
  'env',
  'envFrom',
  'ephemeralVolumesSizeLimit',
  'imageCatalogRef',
  'imageName',
  'imagePullPolicy',
  'imagePullSecrets',
  'podSecurityContext',
  'postgresGID',
  'postgresUID',
  'priorityClassName',
  'projectedVolumeTemplate',
  'resources',
  'schedulerName',
  'seccompProfile',
  'securityContext',
  'serviceAccountTemplate',
  'storage',
  'tablespaces',
  'walStorage',
];
const keptSettings = ['enableAlterSystem', 'extensions', 'parameters', 'shared_preload_libraries'];

/** What a copy keeps of its source, so that it can be recovered when that is gone or has changed. */
export function recoverableOf({ spec = {}, status, metadata }: KubeObject): JsonObject {
  const image = textOf(status, 'image');
  const plugin = listOf(spec, 'plugins').find(
    each => each['isWALArchiver'] === true && each['enabled'] !== false,
  );
  const store = memberOf(memberOf(spec, 'backup'), 'barmanObjectStore');
  const archive =
    plugin !== undefined
      ? { plugin: pluginOf(plugin, metadata.name) }
      : store !== undefined
        ? { barmanObjectStore: { serverName: metadata.name, ...store } }
        : undefined;
  return {
    spec: {
      ...pick(spec, kept),
      // The operator's default may be another by then.
      ...(spec['imageName'] === undefined && spec['imageCatalogRef'] === undefined && image !== ''
        ? { imageName: image }
        : {}),
      postgresql: pick(memberOf(spec, 'postgresql') ?? {}, keptSettings),
    },
    ...(archive === undefined ? {} : { archive }),
  };
}

/** A plugin as an external cluster names it, to be read from. */
export function pluginOf(plugin: JsonObject, serverName: string): JsonObject {
  return {
    name: textOf(plugin, 'name'),
    parameters: { serverName, ...memberOf(plugin, 'parameters') },
  };
}

function pick(from: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.flatMap(key => (from[key] === undefined ? [] : [[key, from[key]]])));
}

/** What it will ask the cluster for, for people. */
export function amountsOf(spec: JsonObject | undefined): Record<string, string> {
  const requests = memberOf(memberOf(spec, 'resources'), 'requests') ?? {};
  const limits = memberOf(memberOf(spec, 'resources'), 'limits') ?? {};
  const of = (name: string): Json | undefined => requests[name] ?? limits[name];
  const sizeIn = (storage: JsonObject | undefined): string => {
    const claimed = memberOf(memberOf(memberOf(storage, 'pvcTemplate'), 'resources'), 'requests');
    const size = textOf(storage, 'size') || textOf(claimed, 'storage') || 'of an unknown size';
    const className =
      textOf(storage, 'storageClass') || textOf(memberOf(storage, 'pvcTemplate'), 'storageClassName');
    return `${size}${className === '' ? '' : ` of class ${className}`}`;
  };
  const volumes = [
    ['data', memberOf(spec, 'storage')] as const,
    ...(memberOf(spec, 'walStorage') === undefined ? [] : [['WAL', memberOf(spec, 'walStorage')] as const]),
    ...listOf(spec, 'tablespaces').map(each => [textOf(each, 'name'), memberOf(each, 'storage')] as const),
  ];
  const shown = {
    cpu: of('cpu') === undefined ? 'no request' : plainText(of('cpu')),
    memory: of('memory') === undefined ? 'no request' : plainText(of('memory')),
    volumes: volumes.map(([name, storage]) => `${name} ${sizeIn(storage)}`).join(', '),
  };
  return Object.fromEntries(Object.entries(shown).map(([key, text]) => [key, cleanLine(text, saidChars)]));
}

/** The Cluster that recovers from what a record tells. `moment`: another than the copy's own end. */
export function recoveryCluster(
  record: JsonObject,
  at: {
    name: string;
    copy: string;
    labels?: Record<string, string>;
    annotations: Record<string, string>;
    moment?: Date;
  },
): KubeObject {
  const recoverable = memberOf(record, 'recoverable') ?? {};
  const { source, ...recovery } = originOf(record, recoverable);
  const target =
    at.moment === undefined ? { targetImmediate: true } : { targetTime: at.moment.toISOString() };
  const id = textOf(record, 'backupId');
  const bySnapshot = textOf(record, 'method') === 'volumeSnapshot';
  return {
    ...clusterKind,
    metadata: { name: at.name, labels: { [copyLabel]: at.copy, ...at.labels }, annotations: at.annotations },
    spec: {
      ...memberOf(recoverable, 'spec'),
      instances: 1,
      enablePDB: false,
      enableSuperuserAccess: false,
      bootstrap: {
        recovery: {
          ...recovery,
          ...(source === undefined ? {} : { source: origin }),
          recoveryTarget: { ...target, ...(bySnapshot ? {} : { backupID: id }) },
        },
      },
      ...(source === undefined ? {} : { externalClusters: [{ name: origin, ...source }] }),
    },
  };
}

const origin = 'origin';

/** Where the base is, and where WAL is read from. */
function originOf(record: JsonObject, recoverable: JsonObject): JsonObject & { source?: JsonObject } {
  const archive = memberOf(recoverable, 'archive');
  switch (textOf(record, 'method')) {
    case 'volumeSnapshot': {
      const found = snapshotsOf(record);
      const referring = (name: string): JsonObject => ({
        name,
        kind: 'VolumeSnapshot',
        apiGroup: 'snapshot.storage.k8s.io',
      });
      const wal = found.find(({ type }) => type === 'PG_WAL');
      const spaces = found.filter(({ type }) => type === 'PG_TABLESPACE');
      return {
        volumeSnapshots: {
          storage: referring(found.find(({ type }) => type === 'PG_DATA')?.name ?? ''),
          ...(wal === undefined ? {} : { walStorage: referring(wal.name) }),
          ...(spaces.length === 0
            ? {}
            : {
                tablespaceStorage: Object.fromEntries(
                  spaces.map(({ tablespace, name }) => [tablespace, referring(name)]),
                ),
              }),
        },
        ...(archive === undefined ? {} : { source: archive }),
      };
    }
    case 'plugin': {
      const plugin = memberOf(record, 'plugin');
      return plugin === undefined ? {} : { source: { plugin } };
    }
    default:
      return { backup: { name: textOf(record, 'name') } };
  }
}

/** Says whose a Cluster of a drill is, and when it is surely nobody's. */
export function drillMarks(deadlineMs: number): Record<string, string> {
  return {
    [holderAnnotation]: thisHolder(),
    [untilAnnotation]: new Date(Date.now() + deadlineMs + graceMs).toISOString(),
  };
}

/** Clusters of this set's drills, with those whose drill is over. */
export async function drillClusters(
  objects: ClusterObjects,
  set: string,
): Promise<{ cluster: KubeObject; left: boolean }[]> {
  const found = await objects.list(clusterKind, { [setLabel]: set });
  return found
    .filter(({ metadata }) => metadata.labels?.[drillLabel] !== undefined)
    .map(cluster => {
      const { annotations = {} } = cluster.metadata;
      const until = Date.parse(annotations[untilAnnotation] ?? '');
      return { cluster, left: !(Date.now() < until) || isGone(annotations[holderAnnotation] ?? '') };
    });
}

/**
 * Waits until a Cluster has recovered and its one instance answers.
 * @throws VigieError BACKUP where the recovery itself failed; NOT_STARTED, TIMEOUT, CONFLICT where nothing was tried or known
 */
export async function untilHealthy(
  made: KubeObject,
  by: { objects: ClusterObjects; signal: AbortSignal; deadlineMs: number; progress(message: string): void },
): Promise<KubeObject> {
  const { name, uid } = made.metadata;
  const { objects } = by;
  const what = `Cluster/${name} in ${objects.namespace}`;
  let phase = '';
  let tried = 0;
  return lookUntil(
    async () => {
      const found = await objects.find({ ...clusterKind, name });
      if (found === undefined || found.metadata.uid !== uid || found.metadata.deletionTimestamp !== undefined)
        throw new VigieError('CONFLICT', `${what} was deleted before it had recovered.`);
      const { status } = found;
      if (textOf(status, 'phase') !== phase) {
        phase = textOf(status, 'phase');
        by.progress(`${what}: ${cleanLine(phase)}`);
      }
      const why = cleanLine(textOf(status, 'phaseReason'), saidChars);
      if (phase === unrecoverable) throw new VigieError('BACKUP', `${what} cannot be recovered: ${why}`);
      if (stuck.includes(phase))
        throw new VigieError('NOT_STARTED', `${what} was not recovered: ${phase}: ${why}`, {
          hint: 'Mend what the operator says; it tells nothing about the copy.',
        });
      if (phase === healthy && status?.['readyInstances'] === 1) return found;
      const job = await recoveryJob(objects, name);
      tried = job.tried;
      if (job.over)
        throw new VigieError(
          'BACKUP',
          `The recovery of ${what} failed ${tried} times, and its Job gave up.`,
          {
            hint: 'See why with k8s_logs of the recovery pods, while they are there.',
          },
        );
      return undefined;
    },
    {
      signal: by.signal,
      untilMs: Date.now() + by.deadlineMs,
      late: () =>
        tried > 0
          ? new VigieError('BACKUP', `The recovery of ${what} failed ${tried} times until its time was over.`)
          : new VigieError(
              'TIMEOUT',
              `${what} had not recovered in its time: ${phase === '' ? 'no operator has taken it up' : cleanLine(phase)}.`,
              {
                hint: 'Give the set a longer timeout, or see what holds it up: quota, storage, the operator.',
              },
            ),
    },
  );
}

/** The operator restores by a Job; what its pods say of a copy that cannot be restored, no status of the Cluster tells. */
async function recoveryJob(objects: ClusterObjects, name: string): Promise<{ tried: number; over: boolean }> {
  const jobs = await objects.list(jobKind, { [clusterLabel]: name });
  const failed = jobs.map(({ status }) => Number(status?.['failed'] ?? 0));
  return {
    tried: failed.reduce((sum, each) => sum + each, 0),
    over: jobs.some(({ status }) =>
      listOf(status, 'conditions').some(
        each => textOf(each, 'type') === 'Failed' && textOf(each, 'status') === 'True',
      ),
    ),
  };
}

/** Deletes a Cluster with all that it owns, and waits until its volumes are gone. Says what is left; never throws. */
export async function removeCluster(
  objects: ClusterObjects,
  cluster: KubeObject,
): Promise<string | undefined> {
  const { name, uid } = cluster.metadata;
  const signal = AbortSignal.timeout(removalMs);
  // Whoever stopped the call does not stop what takes away its traces.
  const lasting = objects.until(signal);
  const left = `Cluster/${name} is left in ${objects.namespace}`;
  try {
    await lasting.remove(cluster);
    return await lookUntil<{ left?: string }>(
      async () => {
        const found = await lasting.find({ ...clusterKind, name });
        if (found?.metadata.uid === uid) return undefined;
        const claims = await lasting.list(claimKind, { [clusterLabel]: name });
        return claims.length === 0 ? {} : undefined;
      },
      {
        signal,
        untilMs: Date.now() + removalMs,
        late: () => new VigieError('TIMEOUT', 'it, or a volume of it, is still being deleted'),
      },
    ).then(() => undefined);
  } catch (error) {
    if (error instanceof VigieError && error.code === 'NOT_FOUND') return undefined;
    return `${left}: ${cleanLine(textIn(error instanceof Error ? error.message : ''), saidChars)}`;
  }
}
