import * as z from 'zod';
import type { Change, K8sDrain, K8sEvict } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { describeRef } from '../../core/ref.ts';
import { trusted } from '../../core/trusted-text.ts';
import { fateOf, localDataOf } from '../../kubernetes/drain.ts';
import type { Node } from '../../kubernetes/kinds/cluster.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { refOf } from '../../kubernetes/object.ts';
import { controllerOf } from '../../kubernetes/owners.ts';
import { podsOnNode } from '../../toolkit/pods-on-node.ts';
import { defineChangeTool, type EnvironmentView, type ToolContext } from '../../toolkit/tool.ts';
import { patchOf, uidOf } from './planned-change.ts';

const namesShown = 20;

// As people name it on a command line: node/n1.
const kindBefore = /^(?:no|nodes?)\//i;

/** Closes a node for new pods, opens it again, or empties it: cordoned first, then an eviction for each pod. */
export const k8sNode = defineChangeTool({
  name: 'k8s_node',
  title: 'Cordon or drain a node',
  description: 'Cordon, uncordon or drain a node. A stopped drain goes on when repeated.',
  input: z.strictObject({
    action: z.enum(['cordon', 'uncordon', 'drain']).describe('Action.'),
    node: z.string().min(1).max(253).describe('Node.'),
    force: z.boolean().default(false).describe('Lose pods without a controller.'),
    deleteLocalData: z.boolean().default(false).describe('Lose emptyDir data.'),
  }),
  idempotent: true,
  waits: 'Wait for budgets and health, together.',

  async plan({ action, node: named, force, deleteLocalData }, { kube, environment }) {
    const name = named.replace(kindBefore, '');
    const node = await kube.get({ kind: 'Node', apiVersion: 'v1', name });
    refuseBound(environment, action);
    const cordoned = node.spec?.unschedulable === true;
    if (action === 'drain') return drain(node, { kube, cordoned, force, deleteLocalData });
    if (cordoned === (action === 'cordon')) return [];
    return [patchOf(node, { patch: { spec: { unschedulable: cordoned ? null : true } } })];
  },
});

function refuseBound({ name, namespaces, clusterScoped }: EnvironmentView, action: string): void {
  const bound = action === 'drain' && namespaces !== undefined;
  if (clusterScoped && !bound) return;
  const why = clusterScoped
    ? `covers only some namespaces, and a drain concerns the pods of all: those of others on the node can be neither seen nor evicted`
    : 'may change only what belongs to a namespace';
  throw new VigieError('OUT_OF_BOUNDS', `${action}: environment ${name} ${why}`, {
    hint: trusted`It takes an environment with clusterScoped: true in vigie.yaml, for a drain one without a list of namespaces.`,
    details: { allowed: [...(namespaces ?? [])], clusterScoped },
  });
}

async function drain(
  node: Node,
  how: { kube: ToolContext['kube']; cordoned: boolean; force: boolean; deleteLocalData: boolean },
): Promise<Change[]> {
  const pods = await podsOnNode(node.metadata.name, how.kube);
  const leaving = pods.filter(pod => fateOf(pod) === 'evicted');
  const going = pods.filter(pod => fateOf(pod) === 'going');
  if (how.cordoned && leaving.length + going.length === 0) return [];
  if (!how.force)
    refuse('force', {
      pods: leaving.filter(pod => controllerOf(pod) === undefined),
      what: 'nothing makes these pods again',
    });
  if (!how.deleteLocalData)
    refuse('deleteLocalData', {
      pods: leaving.filter(pod => localDataOf(pod).length > 0),
      what: 'these pods would lose what their emptyDir volumes hold',
      detail: pod => ` (${localDataOf(pod).join(', ')})`,
    });
  if (leaving.length > limits.evictionsPerPlan)
    throw new VigieError(
      'INVALID_INPUT',
      `${describeRef(refOf(node))} has ${leaving.length} pods to evict; one drain takes ${limits.evictionsPerPlan}`,
      { hint: 'Cordon it, and restart the largest workloads with k8s_rollout first.' },
    );
  const { name } = node.metadata;
  const cordon: K8sDrain = {
    kind: 'k8s-drain',
    target: refOf(node),
    uid: uidOf(node),
    pods: [...leaving, ...going].map(uidOf),
  };
  return [cordon, ...leaving.map(pod => evictionOf(pod, name))];
}

function evictionOf(pod: Pod, node: string): K8sEvict {
  const owner = controllerOf(pod);
  const { namespace } = pod.metadata;
  if (owner === undefined) return { kind: 'k8s-evict', target: refOf(pod), uid: uidOf(pod), node };
  const { apiVersion, kind, name, uid } = owner;
  const target = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
  return { kind: 'k8s-evict', target: refOf(pod), uid: uidOf(pod), node, controller: { target, uid } };
}

function refuse(
  field: 'force' | 'deleteLocalData',
  found: { pods: readonly Pod[]; what: string; detail?: (pod: Pod) => string },
): void {
  const { pods, what, detail = () => '' } = found;
  if (pods.length === 0) return;
  const named = pods.slice(0, namesShown).map(pod => `${describeRef(refOf(pod))}${detail(pod)}`);
  const more = pods.length > namesShown ? ` and ${pods.length - namesShown} more` : '';
  throw new VigieError('INVALID_INPUT', `drain: ${what}: ${named.join(', ')}${more}`, {
    hint: trusted`To evict them all the same, add ${field}: true.`,
    details: { issues: [{ field, message: what }] },
  });
}
