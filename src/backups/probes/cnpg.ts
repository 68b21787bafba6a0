import { VigieError } from '../../core/errors.ts';
import { textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { type CnpgSettings, setUpFor } from '../engines/cnpg-backup.ts';
import { drillClusters } from '../engines/cnpg-drill-clusters.ts';
import { healthy } from '../engines/cnpg-healthy.ts';
import { askPrimary } from '../engines/cnpg-primary.ts';
import { clusterKind } from '../engines/cnpg-recovery.ts';
import { clusterObjects } from '../engines/cnpg-target.ts';
import type { Lack, Probe, ProbeJob } from './probe.ts';

const saidChars = 200;

/** A Cluster of CloudNativePG, and what drills of it left behind. */
export const probeCnpg: Probe<CnpgSettings> = {
  async probe(job) {
    const objects = clusterObjects(job);
    const { settings, signal } = job;
    const cluster = await objects.find({ ...clusterKind, name: settings.cluster });
    if (cluster === undefined)
      throw new VigieError('NOT_FOUND', `There is no Cluster/${settings.cluster} in ${objects.namespace}.`, {
        hint: 'Mend cluster and namespace of the set in vigie.yaml.',
      });
    const phase = cleanLine(textOf(cluster.status, 'phase'), saidChars);
    const [version] = await askPrimary(
      { objects, cluster, signal },
      { statements: ["SELECT pg_catalog.current_setting('server_version')"] },
    );
    return {
      answered: `Cluster/${settings.cluster} answers, PostgreSQL ${cleanLine(version ?? '', saidChars)}`,
      lacks: [
        ...(phase === healthy ? [] : [unhealthy(phase)]),
        ...(setUpFor(settings, cluster) ? [] : [notSetUp(settings)]),
        ...(await leftBehind(job)),
      ],
    };
  },
};

function unhealthy(phase: string): Lack {
  return {
    stops: 'drill',
    what: `the Cluster is not healthy: ${phase === '' ? 'no operator tells of it' : phase}`,
    todo: 'See what the operator says of it: k8s_describe of the Cluster.',
  };
}

function notSetUp({ cluster, method, plugin }: CnpgSettings): Lack {
  return {
    stops: 'backup',
    what: `Cluster/${cluster} has nothing set up for ${method ?? plugin ?? 'barmanObjectStore'}`,
    todo: 'Set the method up in spec.backup or spec.plugins of the Cluster, or mend method and plugin of the set.',
  };
}

/** The next drill takes them away; until then they cost what a database costs. */
async function leftBehind(job: ProbeJob<CnpgSettings>): Promise<Lack[]> {
  const found = await drillClusters(clusterObjects(job), job.set);
  return found
    .filter(({ left }) => left)
    .map(({ cluster }) => ({
      stops: 'nothing',
      what: `Cluster/${cluster.metadata.name} is left of a drill that died`,
      todo: 'The next drill of the set removes it; or delete it by hand.',
    }));
}
