import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { LogSource } from './log-lines.ts';

/** The logs of a pod: of its containers, or of the one that is named, init containers among them. */
export function sourcesOf(pod: Pod, container: string | undefined): LogSource[] {
  const names = pod.spec.containers.map(({ name }) => name);
  const wanted = container === undefined ? names : allContainers(pod).filter(name => name === container);
  return wanted.map(name => ({
    namespace: pod.metadata.namespace ?? '',
    pod: pod.metadata.name,
    container: name,
  }));
}

/** Their names, those of init and ephemeral containers last. */
export function allContainers({ spec }: Pod): string[] {
  const containers = [spec.containers, spec.initContainers ?? [], spec.ephemeralContainers ?? []].flat();
  return containers.map(({ name }) => name);
}

export function newestFirst(pods: readonly Pod[]): Pod[] {
  const age = (pod: Pod) => pod.metadata.creationTimestamp ?? '';
  return pods.toSorted((left, right) => age(right).localeCompare(age(left)));
}
