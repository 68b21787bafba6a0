import type { ClusterObjects } from '../../clients/kube/cluster-objects.ts';
import { VigieError } from '../../core/errors.ts';
import { listOf, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { untilFound } from '../until-found.ts';
import { clusterKind, clusterLabel, jobKind } from './cnpg-recovery.ts';

export const healthy = 'Cluster in healthy state';
/** Phases that the operator does not leave by itself. Only the first is about what was restored. */
const unrecoverable = 'Cluster is unrecoverable and needs manual intervention';
const stuck = [
  'Invalid cluster definition',
  'Cluster cannot proceed to reconciliation due to an unknown plugin being required',
  'Cluster has incomplete or invalid image catalog',
];
const saidChars = 400;

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
  return untilFound(
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
