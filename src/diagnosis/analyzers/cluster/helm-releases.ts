import { humanDuration } from '../../../kubernetes/duration.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import type { Snapshot } from '../../snapshot.ts';

// Helm waits five minutes for a step unless told otherwise, and an upgrade may have hooks before and after it.
const pendingMs = 15 * 60_000;

const releaseType = 'helm.sh/release.v1';
const namePrefix = 'sh.helm.release.v1.';
const releaseName = 'meta.helm.sh/release-name';

type Code = 'HELM_RELEASE_FAILED' | 'HELM_RELEASE_STUCK';

interface Revision {
  record: KubeObject;
  release: string;
  revision: number;
  status: string;
}

/** Helm releases whose newest revision did not end well, as Helm's own records tell. */
export const helmReleasesAnalyzer = defineAnalyzer<Code>({
  id: 'helm-releases',
  needs: ['Secret', 'ConfigMap', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job'],
  codes: {
    HELM_RELEASE_FAILED: {
      row: 'helm-release',
      means: 'The last install or upgrade of a Helm release failed.',
      decided: 'The newest record of the release says so; a workload of it that is wrong explains it.',
      fixed: 'Mend what failed and upgrade again, or roll the release back.',
    },
    HELM_RELEASE_STUCK: {
      row: 'helm-release',
      means: 'An operation on a Helm release was broken off, and Helm refuses the next.',
      decided: 'The newest record has been pending, or uninstalling, for more than 15 minutes.',
      fixed: 'Roll the release back to the revision before.',
    },
  },

  analyze(snapshot) {
    const workloads = workloadsByRelease(snapshot);
    return newestIn(snapshot).flatMap(({ newest, deployed }): Draft<Code>[] => {
      const { record, release, revision, status } = newest;
      const { namespace = '' } = record.metadata;
      const age = ageOf(record, snapshot);
      const stuck = (status.startsWith('pending-') || status === 'uninstalling') && age > pendingMs;
      if (status !== 'failed' && !stuck) return [];
      return [
        {
          code: stuck ? 'HELM_RELEASE_STUCK' : 'HELM_RELEASE_FAILED',
          severity: 'warning',
          object: refOf(record),
          summary: stuck
            ? `release ${release} has been ${status} for ${humanDuration(age)}, at revision ${revision}`
            : `revision ${revision} of release ${release} failed`,
          evidence: [
            quoteField('labels.status', status),
            quoteField('labels.version', record.metadata.labels?.['version']),
          ],
          ...(deployed === undefined
            ? { cause: 'no revision of it was ever deployed' }
            : { cause: `what stands is meant to be revision ${deployed}` }),
          confidence: 'certain',
          fixes: [],
          question:
            deployed === undefined
              ? 'Is it to be installed anew? It has no revision to go back to.'
              : `Is it to go back to revision ${deployed}, or to be upgraded again?`,
          dependsOn: (workloads.get(`${namespace}/${release}`) ?? []).map(refOf),
        },
      ];
    });
  },
});

function ageOf({ metadata }: KubeObject, snapshot: Snapshot): number {
  const written = Number(metadata.labels?.['modifiedAt']) * 1_000;
  const byLabel = Number.isNaN(written) ? 0 : Math.max(0, snapshot.nowMs - written);
  return sinceMs(snapshot, metadata.creationTimestamp) ?? byLabel;
}

function newestIn(snapshot: Snapshot): { newest: Revision; deployed: number | undefined }[] {
  // Helm keeps its records in Secrets unless it is told to use ConfigMaps.
  const records: KubeObject[] = [...snapshot.of('Secret'), ...snapshot.of('ConfigMap')];
  const revisions = records.flatMap((record): Revision[] => {
    const { name, labels = {} } = record.metadata;
    const { name: release, status, version, owner } = labels;
    if (record['type'] !== releaseType && !(owner === 'helm' && name.startsWith(namePrefix))) return [];
    const revision = Number(version);
    if (release === undefined || status === undefined || !Number.isInteger(revision)) return [];
    return [{ record, release, revision, status }];
  });
  const releases = Map.groupBy(
    revisions,
    ({ record, release }) => `${record.metadata.namespace ?? ''}/${release}`,
  );
  return [...releases.values()].flatMap(all => {
    const sorted = all.toSorted((a, b) => b.revision - a.revision);
    const [newest] = sorted;
    const deployed = sorted.find(({ status }) => status === 'deployed')?.revision;
    return newest === undefined ? [] : [{ newest, deployed }];
  });
}

function workloadsByRelease(snapshot: Snapshot): Map<string, KubeObject[]> {
  const all = snapshot.podSets
    .map(({ object }) => object)
    .filter(({ metadata }) => metadata.annotations?.[releaseName] !== undefined);
  return Map.groupBy(
    all,
    ({ metadata }) => `${metadata.namespace ?? ''}/${metadata.annotations?.[releaseName] ?? ''}`,
  );
}
