import { memberOf, textOf } from '../../../core/json.ts';
import type { Ref } from '../../../core/ref.ts';
import type { Event } from '../../../kubernetes/kinds/event.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import type { PersistentVolumeClaim } from '../../../kubernetes/kinds/storage.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { claimNames } from '../../../kubernetes/scheduling/claims.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { setsOf } from '../../set-index.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';

// A volume is attached and mounted within a minute or two; a first try that fails is often followed by one that does not.
const mountingMs = 2 * 60_000;
// After this long the controller detaches a volume by force from a node whose pod is going.
const forcedDetachMs = 6 * 60_000;

type Code = 'VOLUME_ATTACHED_ELSEWHERE' | 'VOLUME_NOT_ATTACHED' | 'VOLUME_NOT_MOUNTED';

/** Pods that have a node and wait there for a volume: held by another node, not attached, not mounted. */
export const mountsAnalyzer = defineAnalyzer<Code>({
  id: 'mounts',
  needs: ['PersistentVolumeClaim', 'Pod', 'Event'],
  codes: {
    VOLUME_ATTACHED_ELSEWHERE: {
      row: 'volume',
      means: 'A volume that one node alone may attach is wanted on a second.',
      decided:
        'A pod was not started for minutes, and its newest event is a Multi-Attach error; or its claim is ReadWriteOnce alone and a pod on another node mounts it.',
      fixed:
        'Replace pods with strategy Recreate, run them on one node, or use a claim that several nodes may mount.',
    },
    VOLUME_NOT_ATTACHED: {
      row: 'volume',
      means: 'A volume cannot be attached to the node of its pod.',
      decided:
        'A pod was not started for minutes, and its newest warning about a volume is FailedAttachVolume.',
      fixed: 'What the storage complains about.',
    },
    VOLUME_NOT_MOUNTED: {
      row: 'volume',
      means: 'A volume cannot be mounted in a pod.',
      decided:
        'A pod was not started for minutes, and its newest warning about a volume is FailedMount; ConfigMaps and Secrets that are missing are findings of their own.',
      fixed:
        'What the kubelet complains about: the driver on the node, the path, the server, its access rights.',
    },
  },

  analyze: unusable,
});

function unusable(snapshot: Snapshot): Draft<Code>[] {
  const told = new Map<string, Draft<Code>>();
  const mounting = mountingIn(snapshot);
  for (const pod of snapshot.of('Pod')) {
    if (!waits(pod) || isDeleting(pod)) continue;
    const age = sinceMs(snapshot, pod.status?.startTime ?? pod.metadata.creationTimestamp);
    const events = snapshot.eventsFor(refOf(pod));
    const said = events.find(({ reason }) => reason === 'FailedAttachVolume' || reason === 'FailedMount');
    // The attach controller gives the cause; that nothing could then be mounted is its sequel.
    const attach = events.find(({ reason }) => reason === 'FailedAttachVolume');
    if (age === undefined || age < mountingMs) continue;
    const draft = judge(pod, { said: attach ?? said, age, snapshot, mounting });
    if (draft === undefined) continue;
    const key = `${draft.code} ${draft.object.kind} ${draft.object.namespace ?? ''}/${draft.object.name}`;
    const known = told.get(key);
    told.set(
      key,
      known === undefined ? draft : { ...known, breaks: [...(known.breaks ?? []), ...(draft.breaks ?? [])] },
    );
  }
  return [...told.values()];
}

/** It has a node, and none of its containers has ever run. */
function waits({ spec, status }: Pod): boolean {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const started = statuses.some(
    ({ state, lastState }) => state?.running ?? state?.terminated ?? lastState?.terminated,
  );
  return Boolean(spec.nodeName) && status?.phase === 'Pending' && !started;
}

function judge(
  pod: Pod,
  {
    said,
    age,
    snapshot,
    mounting,
  }: {
    said: Event | undefined;
    age: number;
    snapshot: Snapshot;
    mounting: ReadonlyMap<string, readonly Pod[]>;
  },
): Draft<Code> | undefined {
  const owner = snapshot.ownerOf(pod);
  const message = said?.message ?? '';
  const claim = claimIn(pod, { message, snapshot });
  const node = { kind: 'Node', name: pod.spec.nodeName ?? '' };
  if (claim !== undefined && (said === undefined || message.includes('Multi-Attach'))) {
    const holders = holdersOf(claim, { pod, mounting });
    const going = holders.length > 0 && holders.every(isDeleting);
    const only = (claim.spec.accessModes ?? []).every(mode => mode.startsWith('ReadWriteOnce'));
    if (said === undefined && (holders.length === 0 || !only)) return undefined;
    if (going && age < forcedDetachMs) return undefined;
    return attachedElsewhere(claim, { pod, owner, said, holders, snapshot });
  }
  if (said === undefined || isOthers(pod, message)) return undefined;
  const attached = said.reason === 'FailedAttachVolume';
  const cause = attached ? undefined : causeIn(message, node.name);
  return {
    code: attached ? 'VOLUME_NOT_ATTACHED' : 'VOLUME_NOT_MOUNTED',
    severity: harmTo(...setsOf(owner, snapshot)),
    object: refOf(claim ?? owner),
    summary: `${claim === undefined ? 'a volume of its pods' : 'its volume'} cannot be ${attached ? 'attached' : 'mounted'} on node ${node.name}`,
    evidence: [quoteEvent(said)],
    ...(cause === undefined ? {} : { cause }),
    confidence: 'certain',
    fixes: [],
    question: 'What does the storage behind the volume say?',
    depth: 2,
    breaks: [refOf(owner)],
    dependsOn: [node, ...(claim === undefined ? [] : [refOf(claim)])],
  };
}

function attachedElsewhere(
  claim: PersistentVolumeClaim,
  {
    pod,
    owner,
    said,
    holders,
    snapshot,
  }: {
    pod: Pod;
    owner: KubeObject;
    said: Event | undefined;
    holders: readonly Pod[];
    snapshot: Snapshot;
  },
): Draft<Code> {
  const [holder] = holders;
  const rolls =
    isKind(owner, 'Deployment') &&
    (owner.spec.replicas ?? 1) === 1 &&
    owner.spec.strategy?.type !== 'Recreate';
  return {
    code: 'VOLUME_ATTACHED_ELSEWHERE',
    severity: harmTo(...setsOf(owner, snapshot)),
    object: refOf(claim),
    summary: `its volume is wanted on node ${pod.spec.nodeName ?? ''} while another node has it`,
    evidence: [
      quoteField('spec.accessModes', [...(claim.spec.accessModes ?? [])]),
      ...(said === undefined ? [] : [quoteEvent(said)]),
      ...(holder === undefined
        ? []
        : [quoteField(`Pod/${holder.metadata.name} spec.nodeName`, holder.spec.nodeName)]),
    ],
    ...(rolls
      ? {
          cause: `${owner.kind}/${owner.metadata.name} starts its new pod before it ends the one that has the volume`,
        }
      : {}),
    confidence: 'certain',
    fixes: rolls
      ? [
          patchFix(refOf(owner), {
            patch: { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } },
            does: `Let ${owner.kind}/${owner.metadata.name} end the old pod before it starts the new one`,
          }),
        ]
      : [],
    ...(rolls
      ? {}
      : {
          question: 'Are its pods to run on one node, or is it to be a claim that several nodes may mount?',
        }),
    depth: 2,
    breaks: [refOf(owner)],
    dependsOn: holders.map(({ spec }): Ref => ({ kind: 'Node', name: spec.nodeName ?? '' })),
  };
}

function holdersOf(
  claim: PersistentVolumeClaim,
  { pod, mounting }: { pod: Pod; mounting: ReadonlyMap<string, readonly Pod[]> },
): Pod[] {
  const { name, namespace = '' } = claim.metadata;
  return (mounting.get(`${namespace}/${name}`) ?? []).filter(
    ({ spec }) => spec.nodeName !== pod.spec.nodeName,
  );
}

/** The pods that have a volume on their node, by the claim. */
function mountingIn(snapshot: Snapshot): Map<string, Pod[]> {
  const mounting = new Map<string, Pod[]>();
  for (const pod of snapshot.of('Pod')) {
    if (!pod.spec.nodeName || !(pod.status?.phase === 'Running' || isDeleting(pod))) continue;
    for (const name of claimNames(pod)) {
      const key = `${pod.metadata.namespace ?? ''}/${name}`;
      const list = mounting.get(key);
      if (list === undefined) mounting.set(key, [pod]);
      else list.push(pod);
    }
  }
  return mounting;
}

/** The claim that a message is about: it names the volume of the pod, or what is behind its claim. */
function claimIn(
  pod: Pod,
  { message, snapshot }: { message: string; snapshot: Snapshot },
): PersistentVolumeClaim | undefined {
  const { namespace = '' } = pod.metadata;
  const claims = claimNames(pod).flatMap(
    name => snapshot.find('PersistentVolumeClaim', { name, namespace }) ?? [],
  );
  if (message === '') return claims[0];
  const named = nameIn(message);
  const volume = (pod.spec.volumes ?? []).find(each => textOf(each, 'name') === named);
  const claimName = textOf(memberOf(volume, 'persistentVolumeClaim'), 'claimName');
  return claims.find(
    ({ metadata, spec }) =>
      metadata.name === claimName || (spec.volumeName !== undefined && spec.volumeName === named),
  );
}

function nameIn(message: string): string | undefined {
  const found =
    /for volume "([^"]{1,253})"/.exec(message) ?? /unmounted volumes=\[([^\],\s]{1,253})/.exec(message);
  return found?.[1];
}

/** Configuration that is missing is judged from what the pod names, where it is missing. */
function isOthers(pod: Pod, message: string): boolean {
  const named = nameIn(message);
  const volume = (pod.spec.volumes ?? []).find(each => textOf(each, 'name') === named);
  if (volume === undefined) return /configmap|secret|kube-api-access/i.test(message);
  return ['configMap', 'secret', 'projected', 'downwardAPI', 'emptyDir'].some(
    kind => volume[kind] !== undefined,
  );
}

function causeIn(message: string, node: string): string | undefined {
  const causes: readonly (readonly [says: RegExp, cause: string])[] = [
    [/registered CSI drivers/, `the driver of the volume does not run on node ${node}`],
    [/hostPath type check failed/, `on node ${node} the path is not what its type asks for`],
    [
      /wrong fs type|bad superblock|fsck/,
      'its file system is damaged, or of another type than the pod asks for',
    ],
    [/access denied|permission denied|not permitted/i, 'the storage does not let the node in'],
    [/no such file|does not exist/i, 'the path does not exist there'],
    [/timed out|no route|refused|unreachable|resolve/i, 'the storage does not answer'],
  ];
  return causes.find(([says]) => says.test(message.slice(0, 1_000)))?.[1];
}
