import { type Json, type JsonObject, listOf, memberOf, plainText, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { cnpgVersion, copyLabel, snapshotsOf } from './cnpg-backup.ts';

// A Cluster that recovers from a backup, as CloudNativePG's docs/src/recovery.md and api/v1/cluster_types.go have it. It has
// no backup section and no plugin that archives: it reads the archive of its source, and never writes one.

export const clusterKind = { apiVersion: cnpgVersion, kind: 'Cluster' };
export const claimKind = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
export const jobKind = { apiVersion: 'batch/v1', kind: 'Job' };
export const podKind = { apiVersion: 'v1', kind: 'Pod' };

/** All that this engine acts on. */
export const cnpgKinds = ['Cluster', 'Backup']
  .map(kind => `${cnpgVersion}/${kind}`)
  .concat([claimKind, jobKind, podKind].map(({ apiVersion, kind }) => `${apiVersion}/${kind}`));

/** The operator's own, on all that belongs to a Cluster. */
export const clusterLabel = 'cnpg.io/cluster';
/** Of an amount, as it is shown. */
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
      ...(spec['env'] === undefined ? {} : { env: listOf(spec, 'env').filter(each => !isInline(each)) }),
      // The operator's default may be another by then.
      ...(spec['imageName'] === undefined && spec['imageCatalogRef'] === undefined && image !== ''
        ? { imageName: image }
        : {}),
      postgresql: pick(memberOf(spec, 'postgresql') ?? {}, keptSettings),
    },
    ...(archive === undefined ? {} : { archive }),
  };
}

/** Names of the variables whose values stand in the Cluster itself: they may be secret, and go into no copy. */
export function inlineNames({ spec }: KubeObject): string[] {
  return listOf(spec, 'env')
    .filter(isInline)
    .map(each => textOf(each, 'name'));
}

function isInline({ value }: JsonObject): boolean {
  return value !== undefined && value !== null && value !== '';
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
