import { describeRef, type Ref } from '../../../core/ref.ts';
import type { Namespace } from '../../../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import type { Snapshot } from '../../snapshot.ts';
import { usersOfClaim } from '../../storage/claim-users.ts';
import { finalizerOwner } from '../../workloads/finalizer-owners.ts';

/** A pod is past its grace when its deletionTimestamp is; a controller takes its finalizer away in seconds. */
const heldPodMs = 60_000;
/** A kubelet that unmounts volumes and tears down a network takes longer. */
const podMs = 120_000;
/** Clouds take minutes to remove a load balancer or a disk, namespaces to empty themselves. */
const objectMs = 300_000;

/** Whatever can be held by a finalizer and is read anyway. */
const kinds = [
  'PersistentVolumeClaim',
  'PersistentVolume',
  'Service',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Ingress',
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'NetworkPolicy',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'Node',
  'CustomResourceDefinition',
  'Gateway',
  'HTTPRoute',
  'Certificate',
];

/** Deletions that do not end. */
export const stuckDeletionsAnalyzer = defineAnalyzer({
  id: 'stuck-deletions',
  needs: ['Pod', 'Event', 'Namespace', 'APIService', ...kinds],
  codes: {
    FINALIZER_HOLDS: {
      row: 'stuck-terminating',
      means: 'An object is being deleted, and a finalizer holds it.',
      decided:
        'It was deleted over five minutes ago (a pod: its grace is over by a minute) and still has finalizers. Each is named with whoever takes it away.',
      fixed:
        'The controller that the finalizer belongs to, or what it waits for. Taking it away by hand skips its work.',
    },
    CLAIM_IN_USE: {
      row: 'stuck-terminating',
      means: 'A claim is being deleted, and is protected because pods use it.',
      decided:
        'It was deleted over five minutes ago, has kubernetes.io/pvc-protection, and workloads name it.',
      fixed: 'The end of the workloads that use it; then it goes by itself.',
    },
    POD_STAYS: {
      row: 'stuck-terminating',
      means: 'A pod is being deleted, and its node does not end it.',
      decided: 'Its grace is over by two minutes and no finalizer holds it.',
      fixed: 'Its node; of a node that is gone for good, the pod can be deleted by force.',
    },
    NAMESPACE_STAYS: {
      row: 'stuck-terminating',
      means: 'A namespace is being deleted, and something in it does not go.',
      decided:
        'It was deleted over five minutes ago; its conditions tell what is left. Folds under objects in it that a finalizer holds, and under an extension of the API that is down.',
      fixed: 'What is left in it, or the extension of the API that cannot be asked.',
    },
  },

  analyze(snapshot) {
    return [
      ...podDrafts(snapshot),
      ...kinds.flatMap(kind => snapshot.list(kind)).flatMap(object => objectDraft(object, snapshot) ?? []),
      ...snapshot.of('Namespace').flatMap(namespace => namespaceDraft(namespace, snapshot) ?? []),
    ];
  },
});

type Code = 'FINALIZER_HOLDS' | 'CLAIM_IN_USE' | 'POD_STAYS' | 'NAMESPACE_STAYS';

/** Of the pods of one workload that stay, the longest is told. */
function podDrafts(snapshot: Snapshot): Draft<Code>[] {
  const staying = snapshot
    .of('Pod')
    .filter(pod => overdueMs(pod, snapshot) >= (finalizersOf(pod).length > 0 ? heldPodMs : podMs))
    .toSorted((a, b) => overdueMs(b, snapshot) - overdueMs(a, snapshot));
  const byOwner = Map.groupBy(staying, pod => snapshot.ownerOf(pod));
  return [...byOwner].map(([owner, pods]) => podDraft(owner, { pods, snapshot }));
}

function podDraft(
  owner: KubeObject,
  { pods, snapshot }: { pods: readonly Pod[]; snapshot: Snapshot },
): Draft<Code> {
  const [pod] = pods;
  if (pod === undefined) throw new RangeError('a group has a member');
  const held = finalizersOf(pod);
  const node: Ref = { kind: 'Node', name: pod.spec.nodeName ?? '' };
  const killing = snapshot.eventsFor(refOf(pod)).find(({ reason }) => reason === 'FailedKillPod');
  const count = pods.length > 1 ? ` and ${pods.length - 1} more` : '';
  return {
    code: held.length > 0 ? 'FINALIZER_HOLDS' : 'POD_STAYS',
    // A StatefulSet makes no second pod of the name, so nothing takes its place.
    severity: owner.kind === 'StatefulSet' ? 'critical' : 'warning',
    object: refOf(owner),
    summary:
      held.length > 0
        ? `Pod/${pod.metadata.name}${count} should be gone, and finalizer ${held[0] ?? ''} holds it`
        : `Pod/${pod.metadata.name}${count} should be gone, and ${nodeText(node, snapshot)}`,
    evidence: [
      quoteField(`Pod/${pod.metadata.name} metadata.deletionTimestamp`, pod.metadata.deletionTimestamp),
      ...(held.length > 0
        ? [quoteField('metadata.finalizers', held.join(', '))]
        : [quoteField('spec.nodeName', node.name)]),
      ...(killing === undefined ? [] : [quoteEvent(killing)]),
    ],
    ...(held[0] === undefined ? {} : { cause: `${held[0]} is taken away by ${finalizerOwner(held[0])}` }),
    confidence: 'certain',
    fixes: [],
    question:
      held.length > 0
        ? `Does whoever owns ${held[0] ?? ''} run, and what keeps it from its work?`
        : `Is node ${node.name} gone for good?`,
    dependsOn: held.length > 0 ? [] : [node],
    depth: 1,
  };
}

function nodeText(node: Ref, snapshot: Snapshot): string {
  if (snapshot.lacks(node)) return `its node ${node.name} does not exist any more`;
  const found = snapshot.find('Node', { name: node.name });
  const ready = conditionOf(found?.status?.conditions, 'Ready');
  return ready !== undefined && ready.status !== 'True'
    ? `its node ${node.name} is not ready`
    : `its node ${node.name} does not end it`;
}

/** Taken away by the cluster itself as soon as nothing uses the object: where another is beside it, it is that one. */
const protections: ReadonlySet<string> = new Set([
  'kubernetes.io/pvc-protection',
  'kubernetes.io/pv-protection',
]);

function objectDraft(object: KubeObject, snapshot: Snapshot): Draft<Code> | undefined {
  const held = finalizersOf(object);
  const first = held.find(each => !protections.has(each)) ?? held[0];
  if (first === undefined || overdueMs(object, snapshot) < objectMs) return undefined;
  const users =
    isKind(object, 'PersistentVolumeClaim') && held.includes('kubernetes.io/pvc-protection')
      ? usersOfClaim(object.metadata, snapshot)
      : [];
  const evidence = [
    quoteField('metadata.deletionTimestamp', object.metadata.deletionTimestamp),
    quoteField('metadata.finalizers', held.join(', ')),
  ];
  const [user] = users;
  if (user !== undefined) {
    const more = users.length > 1 ? ` and ${users.length - 1} more` : '';
    return {
      code: 'CLAIM_IN_USE',
      severity: 'warning',
      object: refOf(object),
      summary: `its deletion waits until ${user.object.kind}/${user.object.metadata.name}${more} no longer use it`,
      evidence: [
        ...evidence,
        quoteField(`${user.object.kind}/${user.object.metadata.name} claimName`, object.metadata.name),
      ],
      confidence: 'certain',
      fixes: [],
      question: `Should ${user.object.kind}/${user.object.metadata.name} end, or was the claim deleted by mistake?`,
      depth: 1,
    };
  }
  return {
    code: 'FINALIZER_HOLDS',
    severity: 'warning',
    object: refOf(object),
    summary: `its deletion does not end: finalizer ${first}${held.length > 1 ? ` and ${held.length - 1} more hold` : ' holds'} it`,
    evidence,
    cause: `${first} is taken away by ${finalizerOwner(first)}`,
    confidence: 'certain',
    fixes: [],
    question: `Does whoever owns ${first} run, and what keeps it from its work?`,
    depth: 2,
  };
}

/** What a namespace tells while it goes; True is bad of all of them. */
const telling = [
  'NamespaceDeletionDiscoveryFailure',
  'NamespaceDeletionGroupVersionParsingFailure',
  'NamespaceDeletionContentFailure',
  'NamespaceFinalizersRemaining',
  'NamespaceContentRemaining',
];

function namespaceDraft(namespace: Namespace, snapshot: Snapshot): Draft<Code> | undefined {
  if (overdueMs(namespace, snapshot) < objectMs) return undefined;
  const { name } = namespace.metadata;
  const told = telling.flatMap(type => {
    const condition = conditionOf(namespace.status?.conditions, type);
    return condition?.status === 'True' ? [condition] : [];
  });
  const cannotAsk = told.some(({ type }) => type === 'NamespaceDeletionDiscoveryFailure');
  const down = snapshot
    .of('APIService')
    .filter(each => conditionOf(each.status?.conditions, 'Available')?.status === 'False');
  const left = ['Pod', ...kinds]
    .flatMap(kind => snapshot.list(kind, name))
    .filter(each => each.metadata.deletionTimestamp !== undefined && finalizersOf(each).length > 0);
  return {
    code: 'NAMESPACE_STAYS',
    severity: 'warning',
    object: refOf(namespace),
    summary: cannotAsk
      ? 'its deletion does not end: a part of the API cannot be asked what is left in it'
      : `its deletion does not end: ${left[0] === undefined ? 'something is left in it' : `${describeRef({ kind: left[0].kind, name: left[0].metadata.name })} is left in it`}`,
    evidence: [
      quoteField('metadata.deletionTimestamp', namespace.metadata.deletionTimestamp),
      ...told
        .slice(0, 2)
        .map(({ type, message }) => quoteField(`status.conditions ${type}`, message ?? 'True')),
    ],
    confidence: 'certain',
    fixes: [],
    question: cannotAsk
      ? 'Which extension of the API is down, and is it still needed?'
      : 'Does the controller whose finalizers are left run?',
    dependsOn: [...(cannotAsk ? down.map(refOf) : []), ...left.slice(0, mostLeft).map(refOf)],
    depth: 1,
  };
}

// One that stays is enough to explain the namespace.
const mostLeft = 10;

function finalizersOf({ metadata }: KubeObject): readonly string[] {
  return metadata.finalizers ?? [];
}

/** How long it should have been gone; 0 for what is not being deleted, or whose time cannot be read. */
function overdueMs({ metadata }: KubeObject, snapshot: Snapshot): number {
  return sinceMs(snapshot, metadata.deletionTimestamp) ?? 0;
}
