import type { Container, ContainerStatus, Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import { behaviourOf, isMissing } from '../world.ts';
import { type Frame, nextBackOff, nextTellableMs, tell, warn } from './kubelet.ts';

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
  const waiting = before.state?.waiting;
  if (!isReference(image)) return refuseName(frame, container);
  const present = isPresent(frame, image);
  const never = container.imagePullPolicy === 'Never';
  if (never && !present) {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    if (isTryDue(frame, `never/${container.name}`)) {
      warn(frame, { reason: 'ErrImageNeverPull', message, container });
      warn(frame, { reason: 'Failed', message: 'Error: ErrImageNeverPull', container });
    }
    return { reason: 'ErrImageNeverPull', message };
  }
  const pull = `pull/${image}`;
  const last = frame.memory.tries.get(pull);
  const dueMs = last === undefined ? frame.nowMs : last.atMs + last.delayMs;
  if (dueMs > frame.nowMs && last !== undefined) return waitForPull(frame, { container, waiting, last });
  const fault = isMissing(frame.view.world, image) ? notFound(image) : refusal(frame, container);
  if (fault !== undefined && !(present && never)) {
    const message = `failed to pull and unpack image "${image}": ${fault.text}`;
    const error = `rpc error: code = ${fault.code} desc = ${message}`;
    tell(frame, { reason: 'Pulling', message: `Pulling image "${image}"`, container });
    warn(frame, { reason: 'Failed', message: `Failed to pull image "${image}": ${error}`, container });
    warn(frame, { reason: 'Failed', message: 'Error: ErrImagePull', container });
    const wait = nextBackOff(last, {
      firstMs: firstPullWaitMs,
      longestMs: longestPullWaitMs,
      nowMs: frame.nowMs,
    });
    frame.memory.tries.set(pull, wait);
    frame.moments.push(frame.nowMs + backOffAfterMs);
    return { reason: 'ErrImagePull', message: error };
  }
  frame.memory.tries.delete(pull);
  if (present && container.imagePullPolicy !== 'Always') {
    const message = `Container image "${image}" already present on machine and can be accessed by the pod`;
    tell(frame, { reason: 'Pulled', message, container });
    return undefined;
  }
  const took = `${(Math.max(heldMs, shortPullMs) / 1_000).toString()}s`;
  tell(frame, { reason: 'Pulling', message: `Pulling image "${image}"`, container });
  frame.memory.pulled.add(image);
  const pulled = `Successfully pulled image "${image}" in ${took} (${took} including waiting)`;
  tell(frame, { reason: 'Pulled', message: pulled, container });
  return undefined;
}

/** What the container runtime calls a reference: lower case, no spaces, a tag of letters, digits, `_`, `.` and `-`. */
function isReference(image: string): boolean {
  return /^[a-z0-9]+([._:/-]+[a-z0-9]+)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(image);
}

function refuseName(frame: Frame, container: Container): Hold {
  const image = container.image ?? '';
  const why = /[A-Z]/.test(image.replace(/:[^:/]*$/, ''))
    ? `invalid reference format: repository name (${image.replace(/:[^:/]*$/, '')}) must be lowercase`
    : 'invalid reference format';
  const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${why}`;
  if (isTryDue(frame, `name/${container.name}`)) {
    warn(frame, { reason: 'InspectFailed', message, container });
    warn(frame, { reason: 'Failed', message: 'Error: InvalidImageName', container });
  }
  return { reason: 'InvalidImageName', message };
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
  {
    container,
    waiting,
    last,
  }: {
    container: Container;
    waiting: { reason?: string; message?: string } | undefined;
    last: { delayMs: number; atMs: number };
  },
): Hold {
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

function notFound(image: string): { code: string; text: string } {
  return { code: 'NotFound', text: `failed to resolve reference "${image}": ${image}: not found` };
}

/** Why the registry hands a private image to nobody who cannot say who they are. */
function refusal(frame: Frame, container: Container): { code: string; text: string } | undefined {
  const { view, pod } = frame;
  const image = container.image ?? '';
  if (!behaviourOf(view.world, image).private) return undefined;
  const { namespace = '' } = pod.metadata;
  const account = view.get({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    namespace,
    name: pod.spec.serviceAccountName ?? 'default',
  });
  const ofAccount =
    account !== undefined && isKind(account, 'ServiceAccount') ? (account.imagePullSecrets ?? []) : [];
  const names = [...(pod.spec.imagePullSecrets ?? []), ...ofAccount].map(each => each.name ?? '');
  const secrets = ofKind(
    names.flatMap(name => view.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }) ?? []),
    'Secret',
  );
  if (secrets.some(each => /^kubernetes\.io\/dockerc(onfigjson|fg)$/.test(each.type ?? ''))) return undefined;
  const absent = names.filter(name => !secrets.some(each => each.metadata.name === name));
  if (absent.length > 0) {
    const message = `Unable to retrieve some image pull secrets (${[...new Set(absent)].join(', ')}); attempting to pull the image may not succeed.`;
    warn(frame, { reason: 'FailedToRetrieveImagePullSecret', message });
  }
  const text = `failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`;
  return { code: 'Unknown', text };
}

/** A node has the images that its pods have been started from, and what this one has pulled. */
function isPresent({ view, pod, memory }: Frame, image: string): boolean {
  return (
    memory.pulled.has(image) ||
    ofKind(view.podsOn(pod.spec.nodeName ?? ''), 'Pod').some(each => hasStarted(each, image))
  );
}

function hasStarted({ status }: Pod, image: string): boolean {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return statuses.some(each => each.image === image && (each.imageID ?? '') !== '');
}
