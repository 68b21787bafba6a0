import type { Node } from '../../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Container, PodTemplate } from '../../kubernetes/kinds/pod.ts';
import type { PodAffinityTerm, SpreadConstraint } from '../../kubernetes/kinds/scheduling.ts';
import { amountsIn, podAmounts } from '../../kubernetes/pod-amounts.ts';
import type { Nano } from '../../kubernetes/quantities.ts';
import { hostPortsOf } from '../../kubernetes/scheduling/node-room.ts';
import { fitsNode } from '../../kubernetes/scheduling/node-terms.ts';
import { isTolerated, type Taint } from '../../kubernetes/scheduling/taints.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';

/*
 * Whether any node could ever take pods of a spec, whatever else runs there: one question after the other, of the nodes
 * that the question before left over. The first that leaves none is what is in the way.
 */

const controlPlane = 'node-role.kubernetes.io/control-plane';
// What the cluster itself puts on a node that is in trouble or closed: the node's fault, not the pod's.
const ofTheCluster = 'node.kubernetes.io/';

/** What is to be placed. */
export interface ToPlace {
  spec: PodTemplate['spec'];
  labels: Readonly<Record<string, string>>;
  namespace: string;
  /** How many of them at once; those that keep each other off need as many places. */
  wanted: number;
  /** Labels of all pods of its namespace that there are or will be; absent: not all are known. */
  peers?: readonly Readonly<Record<string, string>>[];
}

/** Why no node can take it, or not all of it. */
export type Obstacle =
  | { of: 'labels' | 'node-affinity' }
  | { of: 'taint'; taint: Taint; nodes: readonly Node[] }
  | { of: 'cordon' | 'unready'; nodes: readonly Node[] }
  | { of: 'size'; resource: string; asked: Nano; most: Node | undefined; nodes: readonly Node[] }
  | { of: 'room'; places: number }
  | { of: 'apart'; topologyKey: string; places: number }
  | { of: 'host-port'; port: string; places: number }
  | { of: 'beside'; term: PodAffinityTerm }
  | { of: 'spread'; constraint: SpreadConstraint; places: number; closed: readonly Node[] };

const cordonTaint: Taint = { key: `${ofTheCluster}unschedulable`, effect: 'NoSchedule' };

/** The first thing in the way, or the nodes that could take it if they had room. */
export function obstacleTo(
  asked: ToPlace,
  nodes: readonly Node[],
): { obstacle: Obstacle } | { open: readonly Node[] } {
  const spec = withRequests(asked.spec);
  const wanted = nodes.filter(node => fitsNode({ spec }, node));
  if (wanted.length === 0) {
    const plain = Object.keys(spec.nodeSelector ?? {}).length > 0;
    const byPlain = nodes.some(node => fitsNode({ spec: { ...spec, nodeSelector: {} } }, node));
    return { obstacle: { of: plain && (byPlain || !hasNodeAffinity(spec)) ? 'labels' : 'node-affinity' } };
  }
  const open = wanted.filter(node => refusalOf(node, spec) === undefined);
  if (open.length === 0) return { obstacle: repelled(wanted, spec) };
  const asks = podAmounts(spec, 'requests');
  const large = open.filter(node => shortOf(node, asks) === undefined);
  if (large.length === 0) return { obstacle: tooSmall(open, asks) };
  const alone = withoutPeer(asked);
  if (alone !== undefined) return { obstacle: { of: 'beside', term: alone } };
  const crowded = tooFew(asked, { nodes: large, fitting: wanted }) ?? tooMany(asked, { nodes: large, asks });
  return crowded === undefined ? { open: large } : { obstacle: crowded };
}

/** As the server completes a pod: who names a limit alone asks for as much. */
function withRequests(spec: PodTemplate['spec']): PodTemplate['spec'] {
  const complete = (container: Container): Container => {
    const { limits, requests } = container.resources ?? {};
    return limits === undefined
      ? container
      : { ...container, resources: { limits, requests: { ...limits, ...requests } } };
  };
  const { initContainers } = spec;
  return {
    ...spec,
    containers: spec.containers.map(complete),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(complete) }),
  };
}

/** A required neighbour that is nowhere, nor among the pods themselves. */
function withoutPeer({ spec, labels, namespace, peers }: ToPlace): PodAffinityTerm | undefined {
  if (peers === undefined) return undefined;
  return (spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).find(
    ({ labelSelector, namespaces = [], namespaceSelector }) => {
      const isOwn = namespaceSelector === undefined && namespaces.every(name => name === namespace);
      if (!isOwn || labelSelector === undefined) return false;
      const requirements = requirementsOf(labelSelector);
      return ![labels, ...peers].some(each => matchesLabels(requirements, each));
    },
  );
}

function hasNodeAffinity({ affinity }: PodTemplate['spec']): boolean {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined;
}

type Refusal = { of: 'taint'; taint: Taint } | { of: 'cordon' | 'unready' };

/** Why a node takes nothing of the kind now. */
function refusalOf(node: Node, { tolerations }: PodTemplate['spec']): Refusal | undefined {
  const hard = (node.spec?.taints ?? []).filter(
    taint =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !isTolerated(taint, tolerations),
  );
  const [own] = hard.filter(({ key }) => !key.startsWith(ofTheCluster));
  if (own !== undefined) return { of: 'taint', taint: own };
  const closed = node.spec?.unschedulable === true && !isTolerated(cordonTaint, tolerations);
  if (hard.some(({ key }) => key !== cordonTaint.key)) return { of: 'unready' };
  if (closed || hard.length > 0) return { of: 'cordon' };
  const ready = conditionOf(node.status?.conditions, 'Ready');
  return ready === undefined || ready.status === 'True' ? undefined : { of: 'unready' };
}

/** What the most hopeful of the nodes say: trouble that passes before a taint that somebody set, a worker before a control plane. */
function repelled(nodes: readonly Node[], spec: PodTemplate['spec']): Obstacle {
  const refused = nodes.flatMap(node => {
    const refusal = refusalOf(node, spec);
    return refusal === undefined ? [] : [{ node, refusal }];
  });
  for (const passing of ['cordon', 'unready'] as const) {
    const those = refused.filter(({ refusal }) => refusal.of === passing).map(({ node }) => node);
    if (those.length > 0) return { of: passing, nodes: those };
  }
  const byTaint = refused.flatMap(({ node, refusal }) =>
    refusal.of === 'taint' ? [{ node, taint: refusal.taint }] : [],
  );
  const first = byTaint.find(({ taint }) => taint.key !== controlPlane) ?? byTaint[0];
  const taint = first?.taint ?? cordonTaint;
  const same = byTaint.filter(each => each.taint.key === taint.key && each.taint.value === taint.value);
  return { of: 'taint', taint, nodes: same.map(({ node }) => node) };
}

type Amounts = ReadonlyMap<string, Nano>;

/** A resource of which the whole node has less than is asked for. A node that does not say what it has lacks nothing. */
function shortOf(node: Node, asks: Amounts): string | undefined {
  const { allocatable } = node.status ?? {};
  if (allocatable === undefined) return undefined;
  for (const [name, amount] of asks) if (amount > amountOf(node, name)) return name;
  return undefined;
}

// Quantities are in billionths.
const onePod: Nano = 1_000_000_000n;

const known = new WeakMap<Node, Amounts>();

/** How much of a resource a node has for pods; 0: none, or it does not say. */
export function amountOf(node: Node, resource: string): Nano {
  const before = known.get(node);
  const amounts = before ?? amountsIn(node.status?.allocatable ?? {});
  if (before === undefined) known.set(node, amounts);
  return amounts.get(resource) ?? 0n;
}

/** The node with most of a resource; the first where several have as much. */
export function largestNode(nodes: readonly Node[], resource: string): Node | undefined {
  return nodes.reduce<Node | undefined>(
    (best, node) =>
      best !== undefined && amountOf(node, resource) <= amountOf(best, resource) ? best : node,
    undefined,
  );
}

function tooSmall(nodes: readonly Node[], asks: Amounts): Obstacle {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const name = shortOf(node, asks);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const [resource = ''] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  const most = largestNode(nodes, resource);
  return { of: 'size', resource, asked: asks.get(resource) ?? 0n, most, nodes };
}

/** Where its pods keep each other off, there have to be as many places as pods. */
function tooFew(
  asked: ToPlace,
  { nodes, fitting }: { nodes: readonly Node[]; fitting: readonly Node[] },
): Obstacle | undefined {
  const { spec, wanted } = asked;
  for (const term of spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
    const { labelSelector, namespaces = [], namespaceSelector, topologyKey } = term;
    const own = namespaceSelector === undefined && namespaces.every(name => name === asked.namespace);
    if (!own || labelSelector === undefined || !matchesLabels(requirementsOf(labelSelector), asked.labels))
      continue;
    const places = placesOf(nodes, topologyKey);
    // A node without the label is no place of any kind: nothing keeps off from it.
    if (places !== undefined && places < wanted) return { of: 'apart', topologyKey, places };
  }
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    const { whenUnsatisfiable, topologyKey, maxSkew, minDomains = 1, labelSelector } = constraint;
    if (whenUnsatisfiable !== 'DoNotSchedule') continue;
    const labelled = nodes.filter(node => node.metadata.labels?.[topologyKey] !== undefined);
    if (labelled.length === 0) return { of: 'spread', constraint, places: 0, closed: [] };
    const places = placesOf(labelled, topologyKey) ?? 0;
    const counted = labelSelector !== undefined && matchesLabels(requirementsOf(labelSelector), asked.labels);
    // A domain that none of them can go to stays the emptiest, and no other may have more than maxSkew above it.
    const honoured = constraint.nodeTaintsPolicy === 'Honor' ? nodes : fitting;
    const all = placesOf(
      honoured.filter(node => node.metadata.labels?.[topologyKey] !== undefined),
      topologyKey,
    );
    const stuck = places < minDomains || places < (all ?? 0);
    if (counted && stuck && wanted > places * maxSkew)
      return {
        of: 'spread',
        constraint,
        places,
        closed: closedBeside(labelled, { fitting, topologyKey, spec }),
      };
  }
  const [port] = portsOf(spec);
  if (port !== undefined && nodes.length < wanted) return { of: 'host-port', port, places: nodes.length };
  return undefined;
}

/** Nodes of the domains that are left empty which would take it, were they not cordoned or not ready. */
function closedBeside(
  open: readonly Node[],
  {
    fitting,
    topologyKey,
    spec,
  }: { fitting: readonly Node[]; topologyKey: string; spec: PodTemplate['spec'] },
): Node[] {
  const domainOf = ({ metadata }: Node) => metadata.labels?.[topologyKey];
  const domains = new Set(open.map(domainOf));
  return fitting.filter(node => {
    const domain = domainOf(node);
    if (domain === undefined || domains.has(domain)) return false;
    const refusal = refusalOf(node, spec);
    return refusal?.of === 'cordon' || refusal?.of === 'unready';
  });
}

/** More of them than all nodes together could hold if they were empty. */
function tooMany(
  { wanted }: ToPlace,
  { nodes, asks }: { nodes: readonly Node[]; asks: Amounts },
): Obstacle | undefined {
  let places = 0;
  for (const node of nodes) {
    // A node that does not say what it has may hold any number.
    if (node.status?.allocatable === undefined) return undefined;
    const most = [...asks].map(([name, amount]) => (amount > 0n ? amountOf(node, name) / amount : undefined));
    const pods = amountOf(node, 'pods') / onePod;
    const limits = [...most.filter(each => each !== undefined), ...(pods > 0n ? [pods] : [])];
    const [first, ...others] = limits;
    if (first === undefined) return undefined;
    places += Number(others.reduce((least, each) => (each < least ? each : least), first));
  }
  return places < wanted ? { of: 'room', places } : undefined;
}

function portsOf(spec: PodTemplate['spec']): string[] {
  return hostPortsOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: '' }, spec });
}

function placesOf(nodes: readonly Node[], topologyKey: string): number | undefined {
  const values = nodes.map(node => node.metadata.labels?.[topologyKey]);
  return values.includes(undefined) ? undefined : new Set(values).size;
}
