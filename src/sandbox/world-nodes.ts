import type { KubeObject } from '../kubernetes/object.ts';
import { timestampAt } from '../kubernetes/timestamps.ts';
import facts from './bootstrap.json' with { type: 'json' };
import type { World, WorldNode } from './world.ts';

const cordoned = 'node.kubernetes.io/unschedulable';
const dayMs = 24 * 3_600_000;

/** The nodes of a world with their leases, ready and reporting since the cluster was made. */
export function nodesOf(world: World, nowMs: number): KubeObject[] {
  const bornMs = nowMs - world.cluster.ageDays * dayMs;
  return world.cluster.nodes.flatMap(node => [
    nodeObject(world, { node, bornMs, nowMs }),
    leaseObject(node, { bornMs, nowMs }),
  ]);
}

function nodeObject(
  world: World,
  { node, bornMs, nowMs }: { node: WorldNode; bornMs: number; nowMs: number },
): KubeObject {
  const resources = {
    cpu: node.cpu,
    memory: node.memory,
    pods: `${node.pods}`,
    'ephemeral-storage': facts.node.storage,
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      creationTimestamp: timestampAt(bornMs),
      labels: {
        ...facts.node.labels,
        'kubernetes.io/hostname': node.name,
        ...(node.controlPlane ? { 'node-role.kubernetes.io/control-plane': 'true' } : {}),
        ...node.labels,
      },
    },
    spec: {
      podCIDR: `${node.podSubnet}.0/24`,
      podCIDRs: [`${node.podSubnet}.0/24`],
      providerID: `k3s://${node.name}`,
      ...(node.taints.length === 0 ? {} : { taints: node.taints.map(taint => ({ ...taint })) }),
      ...(node.taints.some(({ key }) => key === cordoned) ? { unschedulable: true } : {}),
    },
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: node.ip },
        { type: 'Hostname', address: node.name },
      ],
      conditions: facts.node.conditions.map(condition => ({
        ...condition,
        lastHeartbeatTime: timestampAt(nowMs),
        lastTransitionTime: timestampAt(bornMs),
      })),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        ...facts.node.nodeInfo,
        kubeProxyVersion: world.cluster.serverVersion,
        kubeletVersion: world.cluster.serverVersion,
      },
    },
  };
}

function leaseObject(node: WorldNode, { bornMs, nowMs }: { bornMs: number; nowMs: number }): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: node.name, namespace: 'kube-node-lease', creationTimestamp: timestampAt(bornMs) },
    spec: {
      holderIdentity: node.name,
      leaseDurationSeconds: 40,
      renewTime: `${timestampAt(nowMs).slice(0, 19)}.000000Z`,
    },
  };
}
