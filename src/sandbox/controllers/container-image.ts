import { referenceFault } from '../../kubernetes/images.ts';
import type { Container, ContainerStatus, Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { findIn } from '../../kubernetes/object-view.ts';
import { statusesIn } from '../../kubernetes/pod-containers.ts';
import { absenceOf, accessDenied, type PullFault } from '../registry.ts';
import { behaviourOf } from '../world.ts';
import { type BackOff, type Frame, nextBackOff, nextTellableMs, tell, warn } from './kubelet.ts';

/** The waits between two pulls of an image (Kubernetes documentation, "Images"). */
const firstPullWaitMs = 10_000;
const longestPullWaitMs = 300_000;
/** From a pull that failed to the look at the pod at which it waits for the next. */
const backOffAfterMs = 1_000;
/** How often a kubelet looks again at what it can do nothing about. */
const lookAgainMs = 10_000;
/** What a pull of an image takes that nothing makes slow. */
const shortPullMs = 400;

/** Why a container waits. */
export interface Hold {
  reason: string;
  message: string;
}

/** Sees to it that the image of a container is there; what it waits for while it is not. */
export function ensureImage(
  frame: Frame,
  { container, before, heldMs }: { container: Container; before: ContainerStatus; heldMs: number },
): Hold | undefined {
  const image = container.image ?? '';
  const fault = referenceFault(image);
  if (fault !== undefined) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${fault}`;
    const hold = { reason: 'InvalidImageName', message };
    return refuse(frame, { container, event: 'InspectFailed', hold });
  }
  const present = isPresent(frame, image);
  const isPulled = container.imagePullPolicy !== 'Never';
  if (!isPulled && !present) {
    const reason = 'ErrImageNeverPull';
    const message = `Container image "${image}" is not present with pull policy of Never`;
    return refuse(frame, { container, event: reason, hold: { reason, message } });
  }
  const pull = `pull/${image}`;
  const last = frame.memory.tries.get(pull);
  if (last !== undefined && last.atMs + last.delayMs > frame.nowMs)
    return waitForPull(frame, { container, before, last });
  const denied = isPulled ? pullFault(frame, container) : undefined;
  if (denied !== undefined) {
    const limits = { firstMs: firstPullWaitMs, longestMs: longestPullWaitMs, nowMs: frame.nowMs };
    frame.memory.tries.set(pull, nextBackOff(last, limits));
    return failPull(frame, { container, fault: denied });
  }
  frame.memory.tries.delete(pull);
  if (present && container.imagePullPolicy !== 'Always') {
    const message = `Container image "${image}" already present on machine and can be accessed by the pod`;
    tell(frame, { reason: 'Pulled', message, container });
    return undefined;
  }
  const took = `${(Math.max(heldMs, shortPullMs) / 1_000).toString()}s`;
  const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting)`;
  tell(frame, { reason: 'Pulling', message: `Pulling image "${image}"`, container });
  tell(frame, { reason: 'Pulled', message, container });
  frame.memory.pulled.add(image);
  return undefined;
}

/** What no pull is tried for; told again from time to time. */
function refuse(
  frame: Frame,
  { container, event, hold }: { container: Container; event: string; hold: Hold },
): Hold {
  const { reason, message } = hold;
  if (isTryDue(frame, `${reason}/${container.name}`)) {
    warn(frame, { reason: event, message, container });
    warn(frame, { reason: 'Failed', message: `Error: ${reason}`, container });
  }
  return hold;
}

function failPull(frame: Frame, { container, fault }: { container: Container; fault: PullFault }): Hold {
  const image = container.image ?? '';
  const message = `rpc error: code = ${fault.code} desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${fault.text}`;
  tell(frame, { reason: 'Pulling', message: `Pulling image "${image}"`, container });
  warn(frame, { reason: 'Failed', message: `Failed to pull image "${image}": ${message}`, container });
  warn(frame, { reason: 'Failed', message: 'Error: ErrImagePull', container });
  frame.moments.push(frame.nowMs + backOffAfterMs);
  return { reason: 'ErrImagePull', message };
}

/** Whether it is time to try, and to tell of it, again; notes the try. */
export function isTryDue(frame: Frame, what: string): boolean {
  const due = tryDueMs(frame, what) <= frame.nowMs;
  if (due) frame.memory.tries.set(what, { delayMs: lookAgainMs, atMs: frame.nowMs });
  frame.moments.push(nextTellableMs(frame, tryDueMs(frame, what)));
  return due;
}

export function tryDueMs({ memory }: Frame, what: string): number {
  const last = memory.tries.get(what);
  return last === undefined ? Number.NEGATIVE_INFINITY : last.atMs + last.delayMs;
}

function waitForPull(
  frame: Frame,
  { container, before, last }: { container: Container; before: ContainerStatus; last: BackOff },
): Hold {
  const waiting = before.state?.waiting;
  const image = container.image ?? '';
  frame.moments.push(last.atMs + last.delayMs);
  if (waiting?.reason !== 'ErrImagePull')
    return { reason: 'ImagePullBackOff', message: waiting?.message ?? '' };
  if (last.atMs + backOffAfterMs > frame.nowMs) {
    frame.moments.push(last.atMs + backOffAfterMs);
    return { reason: 'ErrImagePull', message: waiting.message ?? '' };
  }
  const message = `Back-off pulling image "${image}"`;
  tell(frame, { reason: 'BackOff', message, container });
  warn(frame, { reason: 'Failed', message: 'Error: ImagePullBackOff', container });
  return { reason: 'ImagePullBackOff', message: `${message}: ErrImagePull: ${waiting.message ?? ''}` };
}

/** Why a registry does not hand the image out: it has none, or who asks cannot say that they may have it. */
function pullFault(frame: Frame, container: Container): PullFault | undefined {
  const { view, pod } = frame;
  const image = container.image ?? '';
  const absence = absenceOf(view.world, image);
  if (absence !== undefined) return absence;
  if (!behaviourOf(view.world, image).private) return undefined;
  const { namespace = '' } = pod.metadata;
  const { serviceAccountName = 'default', imagePullSecrets = [] } = pod.spec;
  const account = findIn(view, 'ServiceAccount', { namespace, name: serviceAccountName });
  const names = [...imagePullSecrets, ...(account?.imagePullSecrets ?? [])].map(each => each.name ?? '');
  const secrets = names.flatMap(name => findIn(view, 'Secret', { namespace, name }) ?? []);
  if (secrets.some(each => /^kubernetes\.io\/dockerc(onfigjson|fg)$/.test(each.type ?? ''))) return undefined;
  const absent = names.filter(name => !secrets.some(each => each.metadata.name === name));
  if (absent.length > 0) {
    const message = `Unable to retrieve some image pull secrets (${[...new Set(absent)].join(', ')}); attempting to pull the image may not succeed.`;
    warn(frame, { reason: 'FailedToRetrieveImagePullSecret', message });
  }
  return accessDenied;
}

/** A node has the images that its pods have been started from, and what this one has pulled. */
function isPresent({ view, pod, memory }: Frame, image: string): boolean {
  return (
    memory.pulled.has(image) ||
    ofKind(view.podsOn(pod.spec.nodeName ?? ''), 'Pod').some(each => hasStarted(each, image))
  );
}

function hasStarted(pod: Pod, image: string): boolean {
  return statusesIn(pod).some(each => each.image === image && (each.imageID ?? '') !== '');
}
