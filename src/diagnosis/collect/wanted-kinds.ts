import { analyzers } from '../analyzers/index.ts';

/** What every rule relies on, whatever it says that it needs: workloads, since pods are seen by them. */
const always = ['Namespace', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Service'];

/** Every kind that some rule looks at. */
export function wantedKinds(): string[] {
  return [...new Set([...always, ...analyzers.flatMap(({ needs }) => needs)])];
}
