import { type ClusterIdentity, sameCluster } from '../core/cluster.ts';
import { VigieError } from '../core/errors.ts';

/** @throws VigieError WRONG_CLUSTER where what stands behind an environment now is not what a plan was made for. */
export function refuseOtherCluster(
  planned: ClusterIdentity,
  here: { environment: string; found: ClusterIdentity },
): void {
  const { environment, found } = here;
  if (sameCluster(planned, found)) return;
  throw new VigieError(
    'WRONG_CLUSTER',
    `The change was planned for ${planned.server} as ${planned.user || 'unknown'}; here ${environment} is another cluster, ${found.server} as ${found.user || 'unknown'}.`,
    {
      // Only a sandbox is plain HTTP on this machine, and it is another cluster with every start.
      hint: [planned, found].every(({ server }) => server.startsWith('http://127.0.0.1:'))
        ? 'The sandbox was started anew, which makes it another cluster: ask for the change again.'
        : 'Use the kubeconfig and configuration it was asked with.',
      details: { planned: { ...planned }, found: { ...found } },
    },
  );
}
