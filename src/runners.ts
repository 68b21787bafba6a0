import type { KubeSession } from './clients/kube/connection.ts';
import type { RunPlace } from './core/backup-set.ts';
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
  const session = await opened();
  const [{ chooseContainer }, { PodRunner }, executor] = await Promise.all([
    import('./clients/kube/choose-container.ts'),
    import('./clients/kube/pod-runner.ts'),
    session.executor(),
  ]);
  return new PodRunner(executor, await chooseContainer(session.reader, run));
}
