import { memberOf, textOf } from '../../../core/json.ts';
import type { Ref } from '../../../core/ref.ts';
import type { Node } from '../../../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import type { PersistentVolume } from '../../../kubernetes/kinds/storage.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { claimNames } from '../../../kubernetes/scheduling/claims.ts';
import { fitsNode, fitsSelector } from '../../../kubernetes/scheduling/node-terms.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { isWanted } from '../../containers/instances.ts';
import { quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { replaceAt } from '../../json-pointer.ts';
import { type PodSet, podSetKinds } from '../../pod-sets.ts';
import { readSchedulingMessage } from '../../scheduling/scheduling-message.ts';
import { setsOf } from '../../set-index.ts';
import { isSlip, meantName } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';
import { refsOf, usersOfClaim } from '../../storage/claim-users.ts';
import { harmTo } from '../../workloads/harm.ts';

// A volume is made and bound within a minute or so; until then a pod waits as it should.
const waitingMs = 2 * 60_000;

type Code = 'CLAIM_MISSING' | 'CLAIM_FOR_ONE_POD' | 'VOLUME_OUT_OF_REACH' | 'POD_WAITS_FOR_VOLUME';

/** Pods that cannot be placed, or made, for the sake of the claims that they mount. */
export const podVolumesAnalyzer = defineAnalyzer<Code>({
  id: 'pod-volumes',
  needs: [...podSetKinds, 'PersistentVolumeClaim', 'PersistentVolume', 'Node'],
  codes: {
    CLAIM_MISSING: {
      row: 'pending-volume',
      means: 'A workload mounts a claim that does not exist.',
      decided: 'The template names a claim, its namespace has none of the name, and pods of it are wanted.',
      fixed:
        'Make the claim, or name another; offered where one name alone is a slip away and nobody uses it.',
    },
    CLAIM_FOR_ONE_POD: {
      row: 'claim',
      means: 'More pods mount a claim than it allows.',
      decided:
        'The only access mode of the claim is ReadWriteOncePod, and more than one pod of its users is wanted.',
      fixed: 'One pod, a claim each (a StatefulSet), or another access mode.',
    },
    VOLUME_OUT_OF_REACH: {
      row: 'pending-volume',
      means: 'The volume of a claim is where its pods cannot run.',
      decided:
        'A pod has no node, its volumes are bound, and no node both reaches all of them and has what the pod asks for.',
      fixed: 'Let the pod run where its volume is, or restore the data to a volume elsewhere.',
    },
    POD_WAITS_FOR_VOLUME: {
      row: 'pending-volume',
      means: 'Pods find no place because of a volume.',
      decided:
        'A pod was not placed for more than 2 minutes, and the scheduler names its volumes as the last reason.',
      fixed: 'What keeps the volume away; a claim that is wrong itself explains this.',
    },
  },

  analyze(snapshot) {
    return [...missing(snapshot), ...forOnePod(snapshot), ...unreached(snapshot), ...waiting(snapshot)];
  },
});

function missing(snapshot: Snapshot): Draft<Code>[] {
  const found = new Map<string, { claim: Ref; users: PodSet[]; at: string }>();
  for (const set of snapshot.podSets) {
    if (!isWanted(set)) continue;
    for (const [index, volume] of (set.spec.volumes ?? []).entries()) {
      const name = textOf(memberOf(volume, 'persistentVolumeClaim'), 'claimName');
      const claim = { kind: 'PersistentVolumeClaim', name, namespace: set.namespace };
      if (name === '' || !snapshot.lacks(claim)) continue;
      const key = `${set.namespace}/${name}`;
      const at = `${set.at}.volumes[${index}].persistentVolumeClaim.claimName`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { claim, users: [set], at });
      else known.users.push(set);
    }
  }
  return [...found.values()].map(({ claim, users, at }) => {
    const fix = otherName(claim, { users, at, snapshot });
    return {
      code: 'CLAIM_MISSING',
      severity: harmTo(...users),
      object: claim,
      summary: `it does not exist, and ${users
        .map(({ object }) => `${object.kind}/${object.metadata.name}`)
        .slice(0, 2)
        .join(' and ')} cannot run without it`,
      evidence: [quoteField(at, claim.name)],
      confidence: 'certain',
      ...(fix === undefined
        ? { fixes: [], question: 'How large is the claim to be, and of which class?' }
        : fix),
      depth: 2,
      breaks: refsOf(users),
    };
  });
}

/** A name that was mistyped: the one claim near it that nobody mounts, in a template that can be changed. */
function otherName(
  { name, namespace }: Ref,
  { users, at, snapshot }: { users: readonly PodSet[]; at: string; snapshot: Snapshot },
): Pick<Draft, 'fixes'> | undefined {
  const [user, ...others] = users;
  if (user === undefined || others.length > 0 || user.at === 'spec' || user.object.kind === 'Job')
    return undefined;
  const free = snapshot
    .list('PersistentVolumeClaim', namespace)
    .filter(({ metadata }) => isSlip(name, metadata.name))
    .filter(claim => !isDeleting(claim) && usersOfClaim(claim.metadata, snapshot).length === 0);
  const only = meantName(
    name,
    free.map(claim => claim.metadata.name),
  );
  if (only === undefined) return undefined;
  const patch = [replaceAt(at, only)];
  return {
    fixes: [
      patchFix(refOf(user.object), {
        patch,
        does: `Mount claim ${only}, which nobody uses, instead of ${name}`,
      }),
    ],
  };
}

function forOnePod(snapshot: Snapshot): Draft<Code>[] {
  return snapshot.of('PersistentVolumeClaim').flatMap((claim): Draft<Code>[] => {
    const modes = claim.spec.accessModes ?? [];
    if (modes.length !== 1 || modes[0] !== 'ReadWriteOncePod') return [];
    const all = usersOfClaim(claim.metadata, snapshot).filter(({ object }) => object.kind !== 'StatefulSet');
    const users = all.filter(({ wanted, ready }) => wanted > ready);
    const pods = all.reduce((sum, { wanted }) => sum + wanted, 0);
    if (users.length === 0 || pods < 2) return [];
    return [
      {
        code: 'CLAIM_FOR_ONE_POD',
        severity: harmTo(...users),
        object: refOf(claim),
        summary: `${pods} pods are to mount it, and it allows one`,
        evidence: [
          quoteField('spec.accessModes', [...modes]),
          ...all
            .slice(0, 2)
            .map(({ object, wanted }) =>
              quoteField(`${object.kind}/${object.metadata.name} pods wanted`, wanted),
            ),
        ],
        confidence: 'certain',
        fixes: [],
        question: 'Is one pod enough, or is each to have a claim of its own?',
        depth: 2,
        breaks: refsOf(users),
      },
    ];
  });
}

interface Bound {
  claim: Ref;
  volume: PersistentVolume;
}

function unreached(snapshot: Snapshot): Draft<Code>[] {
  if (!snapshot.sees('Node')) return [];
  const nodes = snapshot.of('Node');
  const found = new Map<string, Draft<Code>>();
  for (const set of snapshot.podSets) {
    if (set.wanted <= set.ready) continue;
    const unplaced = set.pods.filter(pod => !pod.spec.nodeName && !isDeleting(pod));
    const asked = set.pods.length === 0 && set.object.status === undefined ? [podOf(set)] : unplaced;
    for (const pod of asked) {
      const draft = outOfReach(pod, { bound: boundOf(pod, { set, snapshot }), nodes, set });
      if (draft !== undefined) found.set(`${set.namespace}/${draft.object.name}`, draft);
    }
  }
  return [...found.values()];
}

function podOf({ object, spec, namespace }: PodSet): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: object.metadata.name, namespace }, spec };
}

function boundOf(pod: Pod, { set, snapshot }: { set: PodSet; snapshot: Snapshot }): Bound[] {
  return claimNames(pod).flatMap(name => {
    const claim = snapshot.find('PersistentVolumeClaim', { name, namespace: set.namespace });
    const volume =
      claim?.status?.phase === 'Bound'
        ? snapshot.find('PersistentVolume', { name: claim.spec.volumeName ?? '' })
        : undefined;
    return claim === undefined || volume === undefined ? [] : [{ claim: refOf(claim), volume }];
  });
}

function outOfReach(
  pod: Pod,
  { bound, nodes, set }: { bound: readonly Bound[]; nodes: readonly Node[]; set: PodSet },
): Draft<Code> | undefined {
  const tied = bound.filter(({ volume }) => volume.spec.nodeAffinity?.required !== undefined);
  const [first] = tied;
  if (first === undefined || nodes.length === 0) return undefined;
  const nowhere = tied.find(({ volume }) => !nodes.some(node => isReachable(volume, node)));
  const shared = nodes.filter(node => tied.every(({ volume }) => isReachable(volume, node)));
  if (shared.some(node => fitsNode(pod, node))) return undefined;
  const { claim, volume } = nowhere ?? first;
  const where = JSON.stringify(volume.spec.nodeAffinity?.required?.nodeSelectorTerms ?? []);
  const why =
    nowhere !== undefined
      ? `its volume ${volume.metadata.name} is tied to a place that no node is in`
      : shared.length === 0
        ? `no node reaches it and the other volumes of ${set.object.kind}/${set.object.metadata.name} at once`
        : `its volume is where ${set.object.kind}/${set.object.metadata.name} may not run`;
  return {
    code: 'VOLUME_OUT_OF_REACH',
    severity: harmTo(set),
    object: claim,
    summary: why,
    evidence: [
      quoteField(`PersistentVolume/${volume.metadata.name} nodeSelectorTerms`, where),
      ...(set.spec.nodeSelector === undefined || nowhere !== undefined
        ? []
        : [quoteField(`${set.at}.nodeSelector`, set.spec.nodeSelector)]),
    ],
    confidence: 'certain',
    fixes: [],
    question:
      nowhere === undefined
        ? 'May the pod run where its volume is, or is its data to move?'
        : 'Does the node of the volume come back, or is there a backup of its data?',
    depth: 2,
    breaks: [refOf(set.object)],
  };
}

function isReachable({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec.nodeAffinity?.required;
  // Files may hold a term list that no server would take.
  return required === undefined || !Array.isArray(required.nodeSelectorTerms) || fitsSelector(required, node);
}

function waiting(snapshot: Snapshot): Draft<Code>[] {
  const told = new Map<object, Draft<Code>>();
  for (const pod of snapshot.of('Pod')) {
    const owner = snapshot.ownerOf(pod);
    if (told.has(owner) || pod.spec.nodeName || isDeleting(pod)) continue;
    const placed = conditionOf(pod.status?.conditions, 'PodScheduled');
    const age = sinceMs(snapshot, pod.metadata.creationTimestamp) ?? 0;
    const message = placed?.status === 'False' ? (placed.message ?? '') : '';
    if (age < waitingMs || readSchedulingMessage(message).stage !== 'volume') continue;
    const { namespace = '' } = pod.metadata;
    told.set(owner, {
      code: 'POD_WAITS_FOR_VOLUME',
      severity: harmTo(...setsOf(owner, snapshot)),
      object: refOf(owner),
      summary: message.includes('max volume count')
        ? 'its pods find no node that can attach another volume'
        : 'its pods wait for a volume',
      evidence: [quoteField(`Pod/${pod.metadata.name} PodScheduled`, message)],
      confidence: 'certain',
      fixes: [],
      question: 'Why is the volume not to be had where the pod could run?',
      depth: 1,
      dependsOn: claimNames(pod).map(name => ({ kind: 'PersistentVolumeClaim', name, namespace })),
    });
  }
  return [...told.values()];
}
