import { describeRef, type Ref } from '../../../core/ref.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { systemSets } from '../../cluster/system-services.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { lastSeenMs, type Snapshot } from '../../snapshot.ts';

type Code = 'POD_NETWORK_NOT_READY' | 'POD_NETWORK_FAILS';

// A node that joins waits for its network plugin a minute or two.
const joiningMs = 120_000;
// A plugin that restarts refuses a few sandboxes; one that goes on does not work.
const recentMs = 15 * 60_000;
// One workload may be wrong by itself; two on one node share but the node.
const leastWorkloads = 2;

const plugins = [
  'flannel',
  'kube-flannel',
  'canal',
  'calico-node',
  'cilium',
  'weave-net',
  'aws-node',
  'kindnet',
  'antrea',
  'kube-router',
  'azure-cni',
  'multus',
];

/** The network plugin of the nodes: without it no pod gets an address. */
export const clusterNetworkAnalyzer = defineAnalyzer({
  id: 'cluster-network',
  needs: ['Node', 'Pod', 'Event', 'DaemonSet'],
  codes: {
    POD_NETWORK_NOT_READY: {
      row: 'cluster-service',
      means: 'The network plugin of nodes is not ready, so the nodes are not.',
      decided:
        'The condition Ready of the nodes says for two minutes that the CNI plugin is not initialized or its configuration not found.',
      fixed: "The plugin's DaemonSet, or its installation.",
    },
    POD_NETWORK_FAILS: {
      row: 'cluster-service',
      means: 'The network plugin gives the pods of a node no network.',
      decided:
        'FailedCreatePodSandBox with words of the plugin, within a quarter of an hour, for pods of at least two workloads on one node.',
      fixed: 'What the plugin complains about: mostly no free address, or its program not running there.',
    },
  },

  analyze(snapshot) {
    return [...unready(snapshot), ...failing(snapshot)];
  },
});

function unready(snapshot: Snapshot): Draft<Code>[] {
  const nodes = snapshot.of('Node').flatMap(node => {
    const ready = conditionOf(node.status?.conditions, 'Ready');
    const { message = '' } = { ...ready };
    const isPlugin =
      /cni plugin not initialized|cni config uninitialized|network plugin (?:is )?not ready|NetworkPluginNotReady/i.test(
        message,
      );
    const isOld = (sinceMs(snapshot, ready?.lastTransitionTime) ?? joiningMs) >= joiningMs;
    return ready?.status === 'False' && isPlugin && isOld ? [{ node, message }] : [];
  });
  const [first] = nodes;
  if (first === undefined) return [];
  const plugin = pluginOf(snapshot);
  return [
    {
      code: 'POD_NETWORK_NOT_READY',
      severity: 'critical',
      object: plugin ?? refOf(first.node),
      summary: `the network plugin is not ready on ${nodes.length === 1 ? `node ${first.node.metadata.name}` : `${nodes.length} nodes`}: they take no pods`,
      evidence: [quoteField(`Node/${first.node.metadata.name} status.conditions[Ready]`, first.message)],
      confidence: 'certain',
      fixes: [],
      question:
        plugin === undefined
          ? 'Which network plugin is this cluster to have?'
          : `Why does ${describeRef(plugin)} not work there?`,
      breaks: nodes.map(({ node }) => refOf(node)),
      dependsOn: plugin === undefined ? [] : [plugin],
      // Below what is said of the nodes, which is its sign.
      depth: 3,
    },
  ];
}

function failing(snapshot: Snapshot): Draft<Code>[] {
  const waiting = snapshot.of('Pod').flatMap(pod => {
    const event = snapshot.eventsFor(refOf(pod)).find(each => each.reason === 'FailedCreatePodSandBox');
    const { message = '' } = { ...event };
    if (event === undefined || !isWaiting(pod) || snapshot.nowMs - lastSeenMs(event) > recentMs) return [];
    return /cni|network for sandbox|plugin type=|failed to (?:set up|setup) network|no IP addresses available/i.test(
      message,
    )
      ? [{ pod, event }]
      : [];
  });
  const byNode = Map.groupBy(waiting, ({ pod }) => pod.spec.nodeName ?? '');
  const broken = [...byNode].flatMap(([node, found]) => {
    const owners = [...new Set(found.map(({ pod }) => snapshot.ownerOf(pod)))];
    return node !== '' && owners.length >= leastWorkloads ? [{ node, found, owners }] : [];
  });
  const [first] = broken;
  const event = first?.found[0]?.event;
  if (first === undefined || event === undefined) return [];
  const node: Ref = { apiVersion: 'v1', kind: 'Node', name: first.node };
  return [
    {
      code: 'POD_NETWORK_FAILS',
      severity: 'critical',
      object: broken.length === 1 ? node : (pluginOf(snapshot) ?? node),
      summary: `${broken.length === 1 ? `node ${first.node}` : `${broken.length} nodes`} can give ${broken.reduce((sum, { found }) => sum + found.length, 0)} pods no network`,
      evidence: [quoteEvent(event)],
      confidence: 'certain',
      fixes: [],
      question: 'What keeps the network plugin there from working?',
      breaks: broken.flatMap(({ owners }) => owners.map(refOf)),
      depth: 3,
    },
  ];
}

function isWaiting({ status }: Pod): boolean {
  return status?.phase === 'Pending';
}

function pluginOf(snapshot: Snapshot): Ref | undefined {
  const found = systemSets(snapshot, plugins).filter(({ object }) => object.kind === 'DaemonSet');
  const [only, second] = found;
  return only === undefined || second !== undefined ? undefined : refOf(only.object);
}
