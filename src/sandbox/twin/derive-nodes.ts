import { isIPv4 } from 'node:net';
import { plainText } from '../../core/json.ts';
import type { Node } from '../../kubernetes/kinds/cluster.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { quantityToNumber, readQuantity } from '../../kubernetes/quantities.ts';
import type { WorldNode } from '../world.ts';

/** As many as a world lets a node take. */
const mostPods = 1_000;

/** Why a node is not in the twin; undefined: it is. All nodes of a sandbox are well. */
export function whyNoNode({ status }: Node): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? undefined : 'not ready';
}

/** The nodes of a twin as its cluster has them; addresses that two of them would share are made up. */
export function nodesFrom(nodes: readonly Node[]): WorldNode[] {
  const taken = new Set<string>();
  return nodes.map((node, index) => {
    const { labels = {} } = node.metadata;
    const addresses = node.status?.addresses ?? [];
    const ip = addresses.find(({ type, address }) => type === 'InternalIP' && isIPv4(address))?.address;
    const subnet = /^(\d+\.\d+\.\d+)\.0\/24$/.exec(plainText(node.spec?.['podCIDR'] ?? ''))?.[1];
    const podSubnet = subnet === undefined || taken.has(subnet) ? madeUp(index).podSubnet : subnet;
    taken.add(podSubnet);
    const given = (what: string, otherwise: string): string => {
      const text = plainText(node.status?.allocatable?.[what] ?? otherwise);
      return readQuantity(text) === undefined ? otherwise : text;
    };
    return {
      ...madeUp(index),
      name: node.metadata.name,
      ...(ip === undefined ? {} : { ip }),
      podSubnet,
      cpu: given('cpu', '4'),
      memory: given('memory', '8Gi'),
      pods: Math.min(mostPods, Math.max(1, Math.floor(quantityToNumber(given('pods', '110'))))),
      labels,
      taints: [...(node.spec?.taints ?? [])],
      controlPlane: labels['node-role.kubernetes.io/control-plane'] !== undefined,
    };
  });
}

/** Where nodes cannot be read: those on which pods run, large, with the labels that pods ask for. */
export function nodesOfPods(pods: readonly Pod[]): WorldNode[] {
  const labels = new Map<string, Record<string, string>>();
  for (const { spec } of pods) {
    if (spec.nodeName === undefined) continue;
    labels.set(spec.nodeName, { ...labels.get(spec.nodeName), ...spec.nodeSelector });
  }
  if (labels.size === 0) labels.set('twin-1', {});
  return [...labels].map(([name, own], index) => ({ ...madeUp(index), name, labels: own }));
}

function madeUp(index: number): WorldNode {
  const low = index % 250;
  const high = Math.floor(index / 250);
  return {
    name: '',
    ip: `10.250.${high}.${low + 1}`,
    podSubnet: `10.${200 + high}.${low}`,
    cpu: '64',
    memory: '256Gi',
    pods: 500,
    labels: {},
    taints: [],
    controlPlane: false,
  };
}
