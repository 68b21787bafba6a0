import type { ContainerStatus, Pod } from '../../kubernetes/kinds/pod.ts';

type States = Pick<ContainerStatus, 'state' | 'lastState'>;

/**
 * A pod with what its containers said when they ended masked: rules read it line by line and quote parts of it, and a part
 * of a secret is not known for one.
 */
export function maskedPod(pod: Pod, mask: (text: string) => string): Pod {
  const { status } = pod;
  if (status === undefined) return pod;
  const { message, containerStatuses, initContainerStatuses } = status;
  const each = (statuses: readonly ContainerStatus[]) =>
    statuses.map(one => ({ ...one, ...states(one, mask) }));
  return {
    ...pod,
    status: {
      ...status,
      ...(message === undefined ? {} : { message: mask(message) }),
      ...(containerStatuses === undefined ? {} : { containerStatuses: each(containerStatuses) }),
      ...(initContainerStatuses === undefined ? {} : { initContainerStatuses: each(initContainerStatuses) }),
    },
  };
}

function states({ state, lastState }: ContainerStatus, mask: (text: string) => string): States {
  return {
    ...(state === undefined ? {} : { state: ended(state, mask) }),
    ...(lastState === undefined ? {} : { lastState: ended(lastState, mask) }),
  };
}

function ended<State extends NonNullable<ContainerStatus['state']>>(
  state: State,
  mask: (text: string) => string,
): State {
  const { terminated, waiting } = state;
  return {
    ...state,
    ...(terminated?.message === undefined
      ? {}
      : { terminated: { ...terminated, message: mask(terminated.message) } }),
    ...(waiting?.message === undefined ? {} : { waiting: { ...waiting, message: mask(waiting.message) } }),
  };
}
