import type { Container, ContainerStatus, Pod } from './kinds/pod.ts';

/** All containers of a pod, those that only prepare it included. */
export function containersIn({ spec }: Pick<Pod, 'spec'>): Container[] {
  return [...spec.containers, ...(spec.initContainers ?? [])];
}

export function containerNamed(pod: Pod, name: string): Container | undefined {
  return containersIn(pod).find(each => each.name === name);
}

/** What is told of them. */
export function statusesIn({ status }: Pick<Pod, 'status'>): ContainerStatus[] {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
}

export function statusNamed(pod: Pick<Pod, 'status'>, name: string): ContainerStatus | undefined {
  return statusesIn(pod).find(each => each.name === name);
}
