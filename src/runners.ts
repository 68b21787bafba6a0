import type { KubeSession } from './clients/kube/connection.ts';
import type { RunPlace } from './core/backup-set.ts';
import { VigieError } from './core/errors.ts';
import type { Runner } from './processes/runner.ts';

/**
 * What runs programs at a place that vigie.yaml names. @throws VigieError READ_ONLY for a pod when Vigie is, NOT_FOUND,
 * NOT_STARTED when no container there can be used
 */
export async function runnerAt(
  run: RunPlace,
  opened: () => Promise<Pick<KubeSession, 'executor' | 'reader'>>,
): Promise<Runner> {
  if (run.in === 'local') return (await import('./processes/local-runner.ts')).localRunner;
  if (run.in === 'operator') return noPrograms(run);
  const session = await opened();
  const [{ chooseContainer }, { PodRunner }, executor] = await Promise.all([
    import('./clients/kube/choose-container.ts'),
    import('./clients/kube/pod-runner.ts'),
    session.executor(),
  ]);
  return new PodRunner(executor, await chooseContainer(session.reader, run));
}

/** What an operator does, no program of ours does. */
function noPrograms({ operator, namespace }: Extract<RunPlace, { in: 'operator' }>): Runner {
  const where = `${operator} in namespace ${namespace}`;
  return {
    where,
    start: async ({ argv: [program] }) => {
      throw new VigieError('NOT_STARTED', `${program} was not started: the work is done by ${where}.`);
    },
  };
}
