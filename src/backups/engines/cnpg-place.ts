import { VigieError } from '../../core/errors.ts';
import { memberOf, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { Place, PlaceJob, Standing } from '../engine.ts';
import { restoreMark } from '../restore-mark.ts';
import { backupKind, type CnpgSettings } from './cnpg-backup.ts';
import { removeCluster } from './cnpg-drill-clusters.ts';
import { archivedUntil, noteRestored, writtenSince } from './cnpg-primary.ts';
import { amountsOf, clusterKind } from './cnpg-recovery.ts';
import { type CnpgTarget, clusterObjects } from './cnpg-target.ts';

const markAnnotation = 'vigie.dev/restored';

/** A restore into a Cluster of a new name; nothing is ever restored into one that is there. */
export function clusterPlace(job: PlaceJob<CnpgSettings>): Place<CnpgTarget> {
  const { into, drawn, manifest, signal } = job;
  const objects = clusterObjects(job);
  // The operator's own bound: names of services and pods are made of it.
  if (!/^[a-z]([a-z0-9-]{0,48}[a-z0-9])?$/.test(into))
    throw new VigieError('INVALID_INPUT', `${cleanLine(into, 60)} is no name for a Cluster.`, {
      details: {
        issues: [{ field: 'into', message: 'must be lower-case letters, digits and dashes, at most 50' }],
      },
    });
  const mark = restoreMark({ set: manifest.set, copy: manifest.copy, drawn });
  const find = (): Promise<KubeObject | undefined> => objects.find({ ...clusterKind, name: into });
  const ours = async (): Promise<KubeObject | undefined> => {
    const found = await find();
    return found?.metadata.annotations?.[markAnnotation] === mark ? found : undefined;
  };
  return {
    shown: `Cluster/${into} in ${objects.namespace}`,
    async look(): Promise<Standing | undefined> {
      const found = await find();
      if (found === undefined) return undefined;
      const { cpu = '', memory = '', volumes = '' } = amountsOf(found.spec);
      const told = `Cluster/${into}: ${cleanLine(textOf(found.status, 'phase'))}; cpu ${cpu}, memory ${memory}, ${volumes}`;
      const noted = found.metadata.annotations?.[markAnnotation];
      return { told: [told], ...(noted === undefined ? {} : { mark: noted }) };
    },
    async make() {
      const { database } = job.settings;
      const annotations = { [markAnnotation]: mark };
      const target: CnpgTarget = { objects, name: into, annotations, set: manifest.set, database };
      return { target, shown: `Cluster/${into}`, end: async () => undefined };
    },
    async settle() {
      const cluster = await ours();
      if (cluster === undefined)
        throw new VigieError('CONFLICT', `Cluster/${into} is gone, or another's by now.`);
      await noteRestored({ objects, cluster, signal }, drawn);
    },
    async leave() {
      const found = await ours().catch(() => undefined);
      return found === undefined ? undefined : removeCluster(objects, found);
    },
    async touched() {
      const cluster = await ours();
      if (cluster === undefined) return undefined;
      const written = await writtenSince({ objects, cluster, signal }, drawn);
      if (written === undefined) return 'its own note of the restore is gone, or was never written';
      return written === 0 ? undefined : `${written} transactions wrote to it`;
    },
    async drop() {
      const cluster = await ours();
      if (cluster === undefined) return;
      const left = await removeCluster(objects, cluster);
      if (left !== undefined) throw new VigieError('BACKUP', `Not all of it is gone: ${left}`);
    },
  };
}

/** What a person should know before a restore. @throws VigieError INVALID_INPUT for a moment that no WAL reaches yet */
export async function placeCautions(job: PlaceJob<CnpgSettings>): Promise<string[]> {
  const objects = clusterObjects(job);
  const { source } = job.manifest;
  await refuseGone(job, source['backup'] ?? '');
  const asked = `It will ask the cluster for ${source['requests'] ?? 'what its source had'}.`;
  const bare = `Cluster/${job.into} gets one instance, no backup section and no archive of its WAL: set them when it is to stay.`;
  const cluster = await objects.find({ ...clusterKind, name: job.settings.cluster });
  if (job.pointInTime === undefined) return [asked, bare];
  if (source['archive'] !== 'yes')
    throw new VigieError(
      'INVALID_INPUT',
      `Cluster/${job.settings.cluster} archived no WAL: only the end of its copies can be restored.`,
    );
  const reached = cluster === undefined ? undefined : await lastArchived(job, cluster);
  if (reached === undefined)
    return [
      asked,
      bare,
      'Until when WAL lies in the archive could not be asked: the recovery fails where it ends before that moment.',
    ];
  if (job.pointInTime.getTime() > reached.getTime())
    throw new VigieError(
      'INVALID_INPUT',
      `WAL of Cluster/${job.settings.cluster} is archived until ${reached.toISOString()}; ${job.pointInTime.toISOString()} is after that.`,
      {
        details: { issues: [{ field: 'pointInTime', message: `must be at most ${reached.toISOString()}` }] },
      },
    );
  return [asked, bare];
}

/** A source that is down cannot be asked, and is why most restores are made. */
async function lastArchived(job: PlaceJob<CnpgSettings>, cluster: KubeObject): Promise<Date | undefined> {
  try {
    return await archivedUntil({ objects: clusterObjects(job), cluster, signal: job.signal });
  } catch (error) {
    if (error instanceof VigieError && error.code !== 'CANCELLED') return undefined;
    throw error;
  }
}

/**
 * What a copy stands for is gone with its Backup object: the operator removes those whose data its retention has removed.
 * @throws VigieError COPY_DAMAGED
 */
export async function refuseGone(
  job: Pick<PlaceJob<CnpgSettings>, 'objects' | 'manifest'>,
  name: string,
): Promise<KubeObject> {
  const objects = clusterObjects(job);
  const found = await objects.find({ ...backupKind, name });
  const { copy, set, source } = job.manifest;
  if (found !== undefined && found.metadata.uid === source['uid']) return found;
  const what = found === undefined ? 'is gone' : 'is another of that name';
  throw new VigieError(
    'COPY_DAMAGED',
    `Copy ${copy} of ${set} is a record of Backup/${name} in ${objects.namespace}, which ${what}.`,
    {
      hint: 'Back the set up again. The operator removes a Backup when its retentionPolicy has removed the data.',
      details: { set, copy, part: cleanLine(textOf(memberOf(found, 'metadata'), 'uid')) },
    },
  );
}
