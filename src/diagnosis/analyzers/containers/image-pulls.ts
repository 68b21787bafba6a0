import type { Fix } from '../../../core/finding.ts';
import type { Ref } from '../../../core/ref.ts';
import { referenceFault } from '../../../kubernetes/images.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import {
  type Declared,
  declaredIn,
  type Instance,
  instancesOf,
  isWanted,
} from '../../containers/instances.ts';
import { causeOfLack } from '../../containers/missing-object.ts';
import { type PullCause, pullCause, registryOf } from '../../containers/pull-cause.ts';
import { type PullCode, textOfPull } from '../../containers/pull-text.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { patchFix, setFix } from '../../fixes.ts';
import { pointerOf } from '../../json-pointer.ts';
import { type PodSet, podSetKinds } from '../../pod-sets.ts';
import { keyOf, type Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';
import { wayBack } from '../../workloads/roll-back.ts';

/** A registry that does not answer for a moment: the kubelet tries again after 10 and 20 s. */
const passingMs = 60_000;

/** Images that cannot be had, by cause. A pull that takes long is none. */
export const imagePullsAnalyzer = defineAnalyzer({
  id: 'image-pulls',
  needs: [...podSetKinds, 'Event', 'Secret', 'ServiceAccount', 'ControllerRevision'],
  codes: {
    IMAGE_NOT_FOUND: {
      row: 'image-pull',
      means: 'The registry has no such image or tag.',
      decided: 'The kubelet tells that the registry answered "not found" or "manifest unknown".',
      fixed: 'A tag that exists: the revision before, where its pods run.',
    },
    IMAGE_PULL_DENIED: {
      row: 'image-pull',
      means: 'The registry does not hand the image out to the cluster.',
      decided:
        'The kubelet tells that access was denied or credentials are needed. Registries say so of repositories that do not exist, too.',
      fixed: 'Credentials by imagePullSecrets, or the right name of the image.',
    },
    PULL_SECRET_MISSING: {
      row: 'image-pull',
      means: 'The credentials for a registry are in a Secret that does not exist.',
      decided:
        'A pod or its service account names the Secret in imagePullSecrets, it is not there, and an image cannot be pulled (or no pod has run yet: a warning). Where the images come without it, it is a note.',
      fixed: 'The Secret, of type kubernetes.io/dockerconfigjson.',
    },
    REGISTRY_UNREACHABLE: {
      row: 'image-pull',
      means: 'A registry does not answer, or its name or certificate is wrong.',
      decided: 'The kubelet tells so for over a minute. One finding a registry.',
      fixed: 'The name of the registry in the image, or the way from the nodes to it.',
    },
    PULL_RATE_LIMITED: {
      row: 'image-pull',
      means: 'A registry refuses pulls because there were too many.',
      decided: 'The kubelet tells that the registry answered 429 or "rate limit". One finding a registry.',
      fixed: 'Credentials for the registry, a mirror, or time.',
    },
    IMAGE_WRONG_PLATFORM: {
      row: 'image-pull',
      means: "The image is not made for the node's architecture.",
      decided: 'The kubelet tells that nothing in the image matches its platform.',
      fixed: 'An image for that architecture, or a node selector for nodes that the image is for.',
    },
    IMAGE_NAME_INVALID: {
      row: 'image-pull',
      means: 'The name of an image is no valid reference.',
      decided: 'By the rules for references: from the spec, without a pod.',
      fixed: 'A valid name: lower case, one tag.',
    },
    IMAGE_NEVER_PULLED: {
      row: 'image-pull',
      means: 'An image is not on the node, and its pull policy forbids to fetch it.',
      decided: 'The container waits with ErrImageNeverPull.',
      fixed: 'Another pull policy, or the image on the nodes.',
    },
    IMAGE_PULL_FAILED: {
      row: 'image-pull',
      means: 'An image cannot be pulled, for a reason that the node tells in words of its own.',
      decided: 'The container waits with ErrImagePull or ImagePullBackOff for over a minute.',
      fixed: 'What the message complains about.',
    },
  },

  analyze(snapshot) {
    const failures = snapshot.podSets.flatMap(set => failureOf(set, snapshot) ?? []);
    return [...byPlace(failures).values()]
      .map(group => draftOf(group, snapshot))
      .concat(unusedSecrets(failures, snapshot));
  },
});

interface Failure {
  set: PodSet;
  declared: Declared;
  cause: PullCause;
  /** What the kubelet says; absent: it follows from the spec. */
  said?: string;
  /** The Secret that is named for the registry and not there. */
  secret?: Ref;
}

const holds = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);

function failureOf(set: PodSet, snapshot: Snapshot): Failure | undefined {
  if (!isWanted(set)) return undefined;
  const wrong = declaredIn(set.spec, set.at).find(
    ({ container: { image = '' } }) => image !== '' && referenceFault(image) !== undefined,
  );
  const waiting = instancesOf(set, snapshot).find(({ status }) =>
    holds.has(status.state?.waiting?.reason ?? ''),
  );
  if (waiting === undefined) return wrong === undefined ? undefined : { set, declared: wrong, cause: 'name' };
  const said = saidOf(waiting, snapshot);
  const cause = pullCause(said);
  const passes = cause === 'unreachable' || cause === 'unknown';
  const age = sinceMs(snapshot, waiting.pod.metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY;
  if (passes && age < passingMs) return undefined;
  const secret = cause === 'denied' ? missingSecret(set, snapshot) : undefined;
  return { set, declared: waiting, cause, said, ...(secret === undefined ? {} : { secret }) };
}

/** While it backs off, older kubelets say only that: the cause is in the event of the last try. */
function saidOf({ pod, status, container }: Instance, snapshot: Snapshot): string {
  const { reason = '', message = '' } = status.state?.waiting ?? {};
  const bare = reason === 'ImagePullBackOff' && pullCause(message) === 'unknown';
  const event = bare
    ? snapshot
        .eventsFor(refOf(pod))
        .find(
          each =>
            each.reason === 'Failed' &&
            each.message?.includes(container.image ?? '') === true &&
            pullCause(each.message) !== 'unknown',
        )
    : undefined;
  return event?.message ?? (message === '' ? reason : message);
}

function pullSecretsOf({ spec, namespace }: PodSet, snapshot: Snapshot): Ref[] {
  const account = snapshot.find('ServiceAccount', { name: spec.serviceAccountName ?? 'default', namespace });
  const names = [...(spec.imagePullSecrets ?? []), ...(account?.imagePullSecrets ?? [])].map(
    ({ name = '' }) => name,
  );
  return names.filter(name => name !== '').map(name => ({ kind: 'Secret', name, namespace }));
}

function missingSecret(set: PodSet, snapshot: Snapshot): Ref | undefined {
  return pullSecretsOf(set, snapshot).find(ref => snapshot.lacks(ref));
}

/** What several workloads suffer from one place is one finding: a registry, a Secret. */
function byPlace(failures: readonly Failure[]): Map<string, Failure[]> {
  return Map.groupBy(failures, ({ set, declared, cause, secret }) => {
    if (secret !== undefined) return keyOf(secret);
    if (cause === 'unreachable' || cause === 'limited' || cause === 'certificate')
      return `${cause} ${registryOf(declared.container.image ?? '')}`;
    return `${cause} ${keyOf(refOf(set.object))}`;
  });
}

function draftOf(group: readonly Failure[], snapshot: Snapshot): Draft<PullCode> {
  const [first] = group;
  if (first === undefined) throw new RangeError('a group has a member');
  const { set, declared, said, secret } = first;
  const { container, at } = declared;
  const { image = '' } = container;
  const fixes = secret === undefined ? fixesFor(first, snapshot) : [];
  const { code, summary, question } = textOfPull({
    cause: first.cause,
    image,
    secret: secret?.name,
    others: group.length - 1,
  });
  return {
    code,
    severity: harmTo(...group.map(each => each.set)),
    object: secret === undefined ? refOf(set.object) : causeOfLack(secret, refOf(set.object)),
    summary,
    evidence: [
      quoteField(
        `${secret === undefined ? '' : `${set.object.kind}/${set.object.metadata.name} `}${at}.image`,
        image,
      ),
      ...(said === undefined ? [] : [quoteEvent({ reason: 'Failed', message: shortened(said) })]),
      ...(secret === undefined ? [] : [quoteField('imagePullSecrets', secret.name)]),
    ],
    confidence: said === undefined || first.cause !== 'unknown' ? 'certain' : 'likely',
    fixes,
    ...(fixes.length > 0 ? {} : { question }),
    breaks: group.map(each => refOf(each.set.object)),
    depth: 2,
  };
}

/** The last part of a runtime's message tells the cause; what it failed to do stands before, twice. */
function shortened(message: string): string {
  const at = message.search(/failed to resolve reference|failed to do request|no match for platform/);
  return at > 0 ? message.slice(at) : message;
}

function fixesFor({ set, declared, cause }: Failure, snapshot: Snapshot): Fix[] {
  const { name, image = '' } = declared.container;
  const workload = set.object;
  const back = wayBack(workload, {
    snapshot,
    without: spec =>
      declaredIn(spec, '').every(
        each =>
          each.container.name !== name ||
          each.container.image !== image ||
          (cause === 'never' && each.container.imagePullPolicy !== 'Never'),
      ),
  });
  if (back.length > 0 || (cause !== 'name' && cause !== 'never')) return back;
  if (workload.kind === 'Pod' || workload.kind === 'Job') return [];
  const meant = cause === 'name' ? image.toLowerCase() : image;
  if (!isPulledElsewhere(meant, snapshot)) return [];
  if (cause === 'name')
    return [
      setFix(refOf(workload), {
        image: [`${name}=${meant}`],
        does: `Set the image of ${name} to ${meant}, which runs elsewhere`,
      }),
    ];
  const pointer = `${pointerOf(declared.at)}/imagePullPolicy`;
  return [
    patchFix(refOf(workload), {
      patch: [{ op: 'replace', path: pointer, value: 'IfNotPresent' }],
      does: `Let nodes fetch ${image}, as other workloads do`,
    }),
  ];
}

/** Another workload serves with this very image, and may fetch it. */
function isPulledElsewhere(image: string, snapshot: Snapshot): boolean {
  return snapshot.podSets.some(
    ({ spec, ready }) =>
      ready > 0 && spec.containers.some(each => each.image === image && each.imagePullPolicy !== 'Never'),
  );
}

/** Secrets that are named and missing, though nothing has failed for it yet. */
function unusedSecrets(failures: readonly Failure[], snapshot: Snapshot): Draft<PullCode>[] {
  const told = new Set(failures.flatMap(({ secret }) => (secret === undefined ? [] : [keyOf(secret)])));
  const lacks = new Map<string, { secret: Ref; sets: PodSet[] }>();
  for (const set of snapshot.podSets) {
    if (!isWanted(set) || failures.some(failure => failure.set === set)) continue;
    for (const secret of pullSecretsOf(set, snapshot)) {
      if (told.has(keyOf(secret)) || !snapshot.lacks(secret)) continue;
      const known = lacks.get(keyOf(secret));
      if (known === undefined) lacks.set(keyOf(secret), { secret, sets: [set] });
      else known.sets.push(set);
    }
  }
  return [...lacks.values()].map(({ secret, sets }) => {
    // A kubelet that has pulled the image without it has shown that it is not needed.
    const untried = sets.filter(
      set =>
        set.ready === 0 && !instancesOf(set, snapshot).some(({ status }) => (status.imageID ?? '') !== ''),
    );
    const [first] = untried;
    return {
      code: 'PULL_SECRET_MISSING',
      severity: first === undefined ? 'note' : 'warning',
      object: sets[0] === undefined ? secret : causeOfLack(secret, refOf(sets[0].object)),
      summary: `the Secret ${secret.name} that is to hold credentials for a registry does not exist`,
      evidence: sets
        .slice(0, 1)
        .map(({ object }) =>
          quoteField(`${object.kind}/${object.metadata.name} imagePullSecrets`, secret.name),
        ),
      confidence: 'certain',
      fixes: [],
      question: `Which credentials should Secret ${secret.name} hold?`,
      breaks: untried.map(({ object }) => refOf(object)),
      depth: 1,
    };
  });
}
