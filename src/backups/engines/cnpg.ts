import type { ClusterObjects } from '../../clients/kube/cluster-objects.ts';
import type { Contents } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { plainText, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type {
  Dumped,
  DumpJob,
  Engine,
  ForeseeJob,
  ForgetJob,
  InspectJob,
  RestoreJob,
  Scratch,
  ScratchJob,
} from '../engine.ts';
import {
  backupKind,
  backupName,
  type CnpgSettings,
  markerOf,
  methodOf,
  requestBackup,
  setUpFor,
  unfinishedBackup,
  untilCompleted,
} from './cnpg-backup.ts';
import { drillClusters, drillLabel, drillMarks, removeCluster } from './cnpg-drill-clusters.ts';
import { healthy, untilHealthy } from './cnpg-healthy.ts';
import { clusterPlace, placeCautions, refuseGone } from './cnpg-place.ts';
import { readItems, readMarker, replayedUntil, writeMarker } from './cnpg-primary.ts';
import { bytesOf, endOf, factsOf, recordIn, recordPart, wholeRecord } from './cnpg-record.ts';
import { clusterKind, cnpgKinds, inlineNames, recoveryCluster } from './cnpg-recovery.ts';
import { type CnpgTarget, clusterObjects } from './cnpg-target.ts';

// The operator makes the backup and keeps the data where the Cluster says; nothing of it passes through Vigie. A copy here
// is a record of it, one small part: what leads to the data, and what the source was like, so that a Cluster can recover
// from it when the source is gone. What a copy is worth, a drill tells: a Cluster that recovers from it, and is asked.

const factChars = 400;

export const cnpg: Engine<CnpgSettings, CnpgTarget> = {
  name: 'cnpg',
  programs: { dump: [], restore: [] },
  objects: cnpgKinds,
  onlyNew: true,

  async foresee(job: ForeseeJob<CnpgSettings>) {
    const objects = clusterObjects(job);
    const { settings, manifest } = job;
    if (manifest !== undefined) {
      await refuseGone({ objects, manifest }, manifest.source['backup'] ?? '');
      const { requests = '', backup = '' } = manifest.source;
      const left = (await drillClusters(objects, manifest.set)).filter(each => each.left);
      return {
        facts: { recovers: `a Cluster of one instance from Backup/${backup}`, requests },
        warnings: left.map(
          ({ cluster }) =>
            `Cluster/${cluster.metadata.name} is left of a drill that died; it is removed first`,
        ),
      };
    }
    const cluster = await sourceOf(settings, objects);
    return {
      facts: {
        makes: `a Backup by ${methodOf(settings)}`,
        ...(settings.marker === false
          ? {}
          : { marks: 'a setting of the superuser, by psql in the pod of the primary' }),
      },
      warnings: warningsOf(settings, cluster),
    };
  },

  async dump(job: DumpJob<CnpgSettings>): Promise<Dumped> {
    const objects = clusterObjects(job);
    const { settings, name, signal } = job;
    const cluster = await sourceOf(settings, objects);
    const primary = { objects, cluster, signal };
    const begun = await unfinishedBackup(job, objects);
    const { items, left } = await readItems(primary, settings.database);
    const marked = settings.marker !== false && begun === undefined;
    if (marked) await writeMarker(primary, name);
    if (begun !== undefined)
      job.progress(
        `Backup/${begun.metadata.name} of a run that died is still worked on: it becomes this copy`,
      );
    const asked = begun ?? (await requestBackup(job, { objects, marker: marked ? name.copy : undefined }));
    const backup = await untilCompleted(asked, { job, objects });
    const record = wholeRecord(backup, { settings, cluster });
    await job.sink.put(recordPart, bytesOf(record));
    const marker = markerOf(backup);
    return {
      contents: {
        how: 'marker',
        at: endOf(backup),
        items,
        ...(left === 0 ? {} : { left }),
        ...(marker === undefined ? {} : { marker }),
      },
      source: { ...factsOf(record), ...leftOutOf(cluster) },
      tools: { postgres: plainText(record['majorVersion']) || 'of an unknown version' },
    };
  },

  async scratch(job: ScratchJob<CnpgSettings>): Promise<Scratch<CnpgTarget>> {
    const objects = clusterObjects(job);
    const { settings, manifest } = job;
    for (const { cluster, left } of await drillClusters(objects, manifest.set)) {
      if (!left) continue;
      job.progress(`Removing Cluster/${cluster.metadata.name}, which a drill left behind`);
      await removeCluster(objects, cluster);
    }
    const name = `vigie-drill-${newId()}`;
    if (name === settings.cluster) throw new Error('a drawn name is that of the source');
    const target: CnpgTarget = {
      objects,
      name,
      set: manifest.set,
      database: settings.database,
      labels: { [drillLabel]: manifest.copy },
      annotations: drillMarks(job.deadlineMs),
    };
    let left: string | undefined;
    return {
      target,
      shown: `Cluster/${name}`,
      async end() {
        const lasting = objects.until(AbortSignal.timeout(lookMs));
        try {
          const found = await lasting.find({ ...clusterKind, name });
          left = found === undefined ? undefined : await removeCluster(objects, found);
        } catch {
          left = `Cluster/${name} may be left in ${objects.namespace}`;
        }
      },
      left: () => left,
    };
  },

  async restore(job: RestoreJob<CnpgTarget>): Promise<void> {
    const { copy, target, pointInTime } = job;
    const { manifest } = copy;
    const { objects, name, labels, annotations } = target;
    const record = await recordIn(copy);
    await refuseGone({ objects, manifest }, textOf(record, 'name'));
    const made = await objects.create(
      recoveryCluster(record, {
        name,
        copy: manifest.copy,
        annotations,
        ...(labels === undefined ? {} : { labels }),
        ...(pointInTime === undefined ? {} : { moment: pointInTime }),
      }),
    );
    await untilHealthy(made, { ...job, objects });
  },

  async inspect({ target, signal, expected }: InspectJob<CnpgTarget>): Promise<Contents> {
    const { objects, name, set } = target;
    const cluster = await objects.find({ ...clusterKind, name });
    if (cluster === undefined)
      throw new VigieError('CONFLICT', `Cluster/${name} was deleted while it was looked at.`);
    const primary = { objects, cluster, signal };
    const marker = await readMarker(primary, set);
    const { items } = await readItems(primary, target.database);
    return {
      how: 'marker',
      at: (await replayedUntil(primary)) ?? expected.at,
      items,
      ...(marker === undefined ? {} : { marker }),
    };
  },

  place: clusterPlace,
  cautions: placeCautions,

  forgetting: ({ namespace, removeBackups }) =>
    removeBackups === true
      ? `Their Backup objects in ${namespace} are deleted too, and with them volume snapshots that they own; of data in an object store the retentionPolicy of the Cluster decides.`
      : `Their Backup objects in ${namespace} stay, and so does the data: the retentionPolicy of the Cluster decides about it.`,

  async forget({ settings, manifest, ...job }: ForgetJob<CnpgSettings>): Promise<string> {
    const objects = clusterObjects(job);
    const name = manifest.source['backup'] ?? backupName(manifest);
    if (settings.removeBackups !== true)
      return `Backup/${name} in ${objects.namespace} stays, and so does its data: the retentionPolicy of the Cluster decides.`;
    const found = await objects.find({ ...backupKind, name });
    if (found === undefined || found.metadata.uid !== manifest.source['uid'])
      return `Backup/${name} in ${objects.namespace} was gone already.`;
    await objects.remove(found);
    return `Backup/${name} in ${objects.namespace} was deleted; of data in an object store the retentionPolicy of the Cluster decides.`;
  },
};

const lookMs = 60_000;

/** @throws VigieError NOT_FOUND */
async function sourceOf({ cluster: name }: CnpgSettings, objects: ClusterObjects): Promise<KubeObject> {
  const found = await objects.find({ ...clusterKind, name });
  if (found !== undefined) return found;
  throw new VigieError('NOT_FOUND', `There is no Cluster/${name} in ${objects.namespace}.`, {
    hint: 'Mend cluster and namespace of the set in vigie.yaml.',
  });
}

/** What a person misses in a Cluster that recovers. */
function leftOutOf(cluster: KubeObject): Record<string, string> {
  const names = inlineNames(cluster).join(', ');
  return names === '' ? {} : { 'left out': `values of spec.env: ${cleanLine(names, factChars)}` };
}

/** What the operator would refuse, or wait for. */
function warningsOf(settings: CnpgSettings, cluster: KubeObject): string[] {
  const { name } = cluster.metadata;
  const phase = cleanLine(textOf(cluster.status, 'phase'), factChars);
  const inline = inlineNames(cluster);
  return [
    ...(inline.length === 0
      ? []
      : [
          `Values of ${cleanLine(inline.join(', '), factChars)} stand in spec.env of Cluster/${name}: they go into no copy, and a Cluster that recovers lacks them; a reference to a Secret or ConfigMap is kept`,
        ]),
    ...(phase === healthy ? [] : [`Cluster/${name} is not healthy: ${phase || 'no operator tells'}`]),
    ...(setUpFor(settings, cluster)
      ? []
      : [
          `Cluster/${name} has nothing set up for ${methodOf(settings)}: the operator will refuse the Backup`,
        ]),
  ];
}
