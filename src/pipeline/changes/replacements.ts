import type { KubeReader } from '../../clients/kube/reader.ts';
import type { K8sEvict } from '../../core/change.ts';
import { isObject } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import { healthOf } from '../../kubernetes/health.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { controllerOf } from '../../kubernetes/owners.ts';
import { isServing } from '../../kubernetes/pod-readiness.ts';
import { describeTrouble, podTrouble } from '../../kubernetes/pod-trouble.ts';
import { selectorText } from '../../kubernetes/selectors.ts';
import { namesOf } from './drain-notes.ts';
import type { Patience } from './patience.ts';
import { pinnedTo } from './pinned-volumes.ts';
import { sharedLook } from './shared-look.ts';

const troublesNamed = 3;

interface Asked {
  controller: NonNullable<K8sEvict['controller']>;
  /** The node that is drained: a pod there is no replacement. */
  node: string;
  patience: Patience;
}

/** Whether a controller has all its pods ready on other nodes, as one line too; `lost`: it never will. */
export const replacementsOf = sharedLook(
  async (
    reader: KubeReader,
    { controller, node }: Asked,
  ): Promise<{ state: 'ready' | 'waiting' | 'lost'; line: string }> => {
    const name = describeRef(controller.target);
    const owner = await reader.find(controller.target);
    if (owner === undefined || owner.metadata.uid !== controller.uid)
      return { state: 'ready', line: `${name} is gone, and wants no pods.` };
    if (isKind(owner, 'Job')) {
      const { state, reason } = healthOf(owner);
      if (state === 'healthy') return { state: 'ready', line: `${name}: ${reason}.` };
      if (state === 'degraded') return { state: 'lost', line: `${name}: ${reason}.` };
    }
    const pods = (await podsAround(owner, reader)).filter(pod => controllerOf(pod)?.uid === controller.uid);
    const ready = pods.filter(pod => pod.spec.nodeName !== node && isServing(pod)).length;
    const wanted = wantedOf(owner);
    const counts = `${name}: ${ready} of ${wanted} pods ready on other nodes`;
    if (ready >= wanted) return { state: 'ready', line: `${counts}.` };
    const stuck = await stuckAmong(pods, { owner, node, reader, missing: wanted - ready });
    if (stuck.length > 0)
      return {
        state: 'lost',
        line: `${counts}; cannot start elsewhere, since a volume of theirs is on Node/${node} only: ${namesOf(stuck)}.`,
      };
    const troubles = pods.flatMap(pod => {
      const trouble = podTrouble(pod);
      return trouble === undefined ? [] : [`Pod/${pod.metadata.name}: ${describeTrouble(trouble)}`];
    });
    const why = troubles.length === 0 ? '' : `; ${troubles.slice(0, troublesNamed).join('; ')}`;
    return { state: 'waiting', line: `${counts}${why}.` };
  },
  ({ controller, node }) => `${controller.uid} ${node}`,
);

/**
 * The pods that have their volume on the drained node, where they are all that is waited for: nothing but that node, open
 * again, starts them. None as long as others may still come.
 */
async function stuckAmong(
  pods: readonly Pod[],
  at: { owner: KubeObject; node: string; reader: KubeReader; missing: number },
): Promise<Pod[]> {
  const { owner, node, reader, missing } = at;
  const awaited = pods.filter(pod => pod.spec.nodeName === node || !isServing(pod));
  // In order, a StatefulSet makes no pod before those of lower numbers are ready.
  const inOrder = isKind(owner, 'StatefulSet') && owner.spec.podManagementPolicy !== 'Parallel';
  if (awaited.length === 0 || (awaited.length < missing && !inOrder)) return [];
  const unplaced = awaited.filter(
    ({ spec, metadata }) => spec.nodeName === undefined && metadata.deletionTimestamp === undefined,
  );
  if (unplaced.length < awaited.length) return [];
  const pinned = await pinnedTo(node, { leaving: unplaced, reader });
  return pinned !== undefined && pinned.length === awaited.length ? pinned : [];
}

/** Kinds that Vigie does not know have no count that it could read: one pod again is then what can be seen. */
function wantedOf({ kind, spec }: KubeObject): number {
  const replicas = kind === 'Job' ? undefined : spec?.['replicas'];
  return typeof replicas === 'number' ? replicas : 1;
}

async function podsAround(owner: KubeObject, reader: KubeReader): Promise<Pod[]> {
  const selector = owner.spec?.['selector'];
  const { namespace } = owner.metadata;
  // A ReplicationController holds the labels themselves.
  const labels =
    owner.kind === 'ReplicationController' && selector !== undefined ? { matchLabels: selector } : selector;
  const labelSelector = isObject(labels) ? selectorText(labels) : '';
  const pods: Pod[] = [];
  for await (const page of reader.listAll({
    kind: 'Pod',
    apiVersion: 'v1',
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === '' ? {} : { labelSelector }),
  }))
    pods.push(...ofKind(page, 'Pod'));
  return pods;
}
