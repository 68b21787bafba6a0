import { type ClusterObjects, setLabel } from '../../clients/kube/cluster-objects.ts';
import type { CopyName } from '../../core/copies.ts';
import { sha256Hex } from '../../core/digest.ts';
import { VigieError } from '../../core/errors.ts';
import { type JsonObject, listOf, memberOf, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { DumpJob } from '../engine.ts';
import { untilFound } from '../until-found.ts';

// The operator's own record of a backup: an object of kind Backup, which it works off and tells of in its status. Fields
// and phases are those of CloudNativePG's API (api/v1/backup_types.go and docs/src/backup.md of its repository).

/** A PostgreSQL cluster of CloudNativePG, as a set of backups names it. */
export interface CnpgSettings {
  cluster: string;
  namespace: string;
  /** Absent: `plugin` where a plugin is named, else `barmanObjectStore`, which is the operator's own default. */
  method?: 'barmanObjectStore' | 'volumeSnapshot' | 'plugin';
  plugin?: string;
  /** Whose tables are looked for after a restore. Absent: only databases are. */
  database?: string;
  /** False: nothing is written to the source. */
  marker?: boolean;
  /** True: a copy that is removed takes its Backup object along. */
  removeBackups?: boolean;
}

export const cnpgVersion = 'postgresql.cnpg.io/v1';
export const backupKind = { apiVersion: cnpgVersion, kind: 'Backup' };

/** The id of the copy that an object was made for. */
export const copyLabel = 'vigie.dev/copy';
/** The marker that was written to the source before, where one was. */
const markerAnnotation = 'vigie.dev/marker';

/** What the operator writes where it will do no more. */
const endedBadly = ['failed', 'invalid backup definition'];
const completed = 'completed';

/** The operator makes labels and names of snapshots of it, which have room for 63 characters. */
const setChars = 28;
const saidChars = 400;
const nameChars = 253;

export function methodOf({ method, plugin }: CnpgSettings): NonNullable<CnpgSettings['method']> {
  return method ?? (plugin === undefined ? 'barmanObjectStore' : 'plugin');
}

/** Whether a Cluster has what the operator needs for such a backup; without it each fails. */
export function setUpFor(settings: CnpgSettings, { spec }: KubeObject): boolean {
  const method = methodOf(settings);
  return method === 'plugin'
    ? listOf(spec, 'plugins').some(each => textOf(each, 'name') === settings.plugin)
    : memberOf(memberOf(spec, 'backup'), method) !== undefined;
}

/** What the Backup of a copy is called: a run that is repeated finds what it made before. */
export function backupName({ set, copy }: CopyName): string {
  const short = set.length <= setChars ? set : `${set.slice(0, setChars - 6)}-${sha256Hex(set).slice(0, 5)}`;
  return `vigie-${short}-${copy.toLowerCase()}`;
}

/** Whether a Backup is of the set's cluster. */
export function isOfCluster(backup: KubeObject, { cluster }: Pick<CnpgSettings, 'cluster'>): boolean {
  return textOf(memberOf(backup.spec, 'cluster'), 'name') === cluster;
}

export function phaseOf({ status }: KubeObject): string {
  return textOf(status, 'phase');
}

/** An operator that has not ended one by then will not: no run waits for it any more. */
const waitedForMs = 24 * 3_600_000;

/**
 * One that a run of ours left behind and the operator still works on: whoever comes next waits for it, since the operator
 * would make another only after it. One with our label that this installation did not make, or that never ends, is let be.
 */
export async function unfinishedBackup(
  { settings, name, progress }: Pick<DumpJob<CnpgSettings>, 'settings' | 'name' | 'progress'>,
  objects: ClusterObjects,
): Promise<KubeObject | undefined> {
  const labelled = await objects.list(backupKind, { [setLabel]: name.set });
  for (const each of labelled) {
    if (!isOfCluster(each, settings) || each.metadata.deletionTimestamp !== undefined) continue;
    if ([...endedBadly, completed].includes(phaseOf(each))) continue;
    const shown = `Backup/${cleanLine(each.metadata.name, nameChars)} has the label of this set`;
    const at = Date.parse(each.metadata.creationTimestamp ?? '');
    if (!(await objects.isMadeHere(each))) progress(`${shown}, and was not made here: it is left alone`);
    else if (!(Date.now() - at < waitedForMs)) progress(`${shown}, and never ended: it is left alone`);
    else return each;
  }
  return undefined;
}

/** Asks the operator for a backup; one of that name is taken for the same request, whose answer was lost. */
export async function requestBackup(
  { settings, name }: Pick<DumpJob<CnpgSettings>, 'settings' | 'name'>,
  { objects, marker }: { objects: ClusterObjects; marker: string | undefined },
): Promise<KubeObject> {
  const { plugin, cluster } = settings;
  const method = methodOf(settings);
  const manifest: KubeObject = {
    ...backupKind,
    metadata: {
      name: backupName(name),
      labels: { [copyLabel]: name.copy },
      ...(marker === undefined ? {} : { annotations: { [markerAnnotation]: marker } }),
    },
    spec: {
      cluster: { name: cluster },
      method,
      ...(method === 'plugin' && plugin !== undefined ? { pluginConfiguration: { name: plugin } } : {}),
    },
  };
  try {
    return await objects.create(manifest);
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'ALREADY_EXISTS') throw error;
    const found = await objects.find({ ...backupKind, name: backupName(name) });
    const asked = found?.metadata.labels?.[copyLabel] === name.copy && isOfCluster(found, settings);
    if (found !== undefined && asked && (await objects.isMadeHere(found))) return found;
    throw error;
  }
}

/** The marker that was written before a Backup was asked for; undefined: none was. */
export function markerOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[markerAnnotation];
}

/** Waits until the operator is done with a Backup. @throws VigieError BACKUP when it failed or went away, TIMEOUT, CANCELLED */
export async function untilCompleted(
  backup: KubeObject,
  { job, objects }: { job: DumpJob<CnpgSettings>; objects: ClusterObjects },
): Promise<KubeObject> {
  const { name, uid } = backup.metadata;
  const what = `Backup/${name} in ${objects.namespace}`;
  let phase = '';
  return untilFound(
    async () => {
      const found = await objects.find({ ...backupKind, name });
      if (found === undefined || found.metadata.uid !== uid)
        throw new VigieError('BACKUP', `${what} was deleted before the operator had ended it.`);
      if (phaseOf(found) !== phase) {
        phase = phaseOf(found);
        job.progress(`${what} is ${cleanLine(phase)}`);
      }
      if (endedBadly.includes(phase))
        throw new VigieError('BACKUP', `${what} is ${phase}: ${complaintOf(found)}`, {
          hint: 'See what the operator says of it: k8s_describe of the Backup and of the Cluster.',
        });
      if (phase !== completed) return undefined;
      refuseHalf(found, { what, method: methodOf(job.settings) });
      return found;
    },
    {
      signal: job.signal,
      untilMs: Date.now() + job.deadlineMs,
      late: () =>
        new VigieError(
          'TIMEOUT',
          `${what} was not completed in time: ${phase === '' ? 'no operator has taken it up' : `it is ${cleanLine(phase)}`}.`,
          {
            hint: 'It goes on in the cluster: see it with k8s_describe, and whether the operator runs.',
          },
        ),
    },
  );
}

function complaintOf({ status }: KubeObject): string {
  const said = textOf(status, 'error') || textOf(status, 'commandError') || 'it does not say why';
  return cleanLine(said, saidChars);
}

/** A backup that nothing can be restored from is none, whatever its phase says. */
function refuseHalf(
  { status }: KubeObject,
  { what, method }: { what: string; method: NonNullable<CnpgSettings['method']> },
): void {
  const lacks =
    method === 'volumeSnapshot'
      ? snapshotsIn(status).some(({ type }) => type === 'PG_DATA')
        ? undefined
        : 'names no snapshot of the data'
      : textOf(status, 'backupId') === ''
        ? 'has no id of what was stored'
        : undefined;
  if (lacks !== undefined)
    throw new VigieError('BACKUP', `${what} is completed, but its status ${lacks}: it cannot be restored.`);
}

/** A snapshot of one volume. */
export interface CnpgSnapshot {
  name: string;
  /** PG_DATA, PG_WAL or PG_TABLESPACE. */
  type: string;
  /** Empty for the others. */
  tablespace: string;
}

function snapshotsIn(status: JsonObject | undefined): CnpgSnapshot[] {
  return listOf(memberOf(status, 'snapshotBackupStatus'), 'elements').map(each => ({
    name: textOf(each, 'name'),
    type: textOf(each, 'type'),
    tablespace: textOf(each, 'tablespaceName'),
  }));
}

/** What a copy keeps of a Backup: all that leads to the data, and no credential. */
export function recordOf(backup: KubeObject): JsonObject {
  const { status = {}, metadata, spec } = backup;
  const told = [
    'backupId',
    'backupName',
    'destinationPath',
    'endpointURL',
    'serverName',
    'beginWal',
    'endWal',
    'beginLSN',
    'endLSN',
    'startedAt',
    'stoppedAt',
    'majorVersion',
    'online',
  ];
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    uid: metadata.uid ?? '',
    cluster: textOf(memberOf(spec, 'cluster'), 'name'),
    method: textOf(spec, 'method'),
    ...Object.fromEntries(told.flatMap(key => (status[key] === undefined ? [] : [[key, status[key]]]))),
    ...(snapshotsIn(status).length === 0
      ? {}
      : { snapshots: snapshotsIn(status).map(({ name, type, tablespace }) => ({ name, type, tablespace })) }),
  };
}

/** Snapshots as a record has them. */
export function snapshotsOf(record: JsonObject): CnpgSnapshot[] {
  return listOf(record, 'snapshots').map(each => ({
    name: textOf(each, 'name'),
    type: textOf(each, 'type'),
    tablespace: textOf(each, 'tablespace'),
  }));
}
