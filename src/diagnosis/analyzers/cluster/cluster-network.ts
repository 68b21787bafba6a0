import { describeRef, type Ref } from '../../../core/ref.ts';
import { lastSeenMs } from '../../../kubernetes/event-times.ts';
import type { Node } from '../../../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { networkPlugins } from '../../cluster/network-plugins.ts';
import {
  isReady,
  serviceDepth,
  signsOf,
  systemNamespace,
  systemSets,
} from '../../cluster/system-services.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import type { PodSet } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'POD_NETWORK_NOT_READY' | 'POD_NETWORK_FAILS' | 'POD_NETWORK_AGENT_DOWN';

// A node that joins waits for its network plugin a minute or two.
const joiningMs = 120_000;
// A plugin that restarts refuses a few sandboxes; one that goes on does not work.
const recentMs = 15 * 60_000;
// One workload may be wrong by itself; two on one node share but the node.
const leastWorkloads = 2;

// What makes the addresses of Services work on a node; pods reach each other without it.
const agents = [...networkPlugins, 'kube-proxy'];

/** The network plugin of the nodes: without it no pod gets an address. */
export const clusterNetworkAnalyzer = defineAnalyzer({
  id: 'cluster-network',
  needs: ['Node', 'Pod', 'Event', 'DaemonSet'],
  codes: {
    POD_NETWORK_NOT_READY: {
      row: 'cluster-service',
      means: 'The network plugin of nodes is not ready, so the nodes are not.',
      decided:
        'The condition Ready of the nodes says for two minutes that the CNI plugin is not initialized or its configuration not found. One node alone, where the plugin is ready on all, is the fault of the node.',
      fixed: "The plugin's DaemonSet, or its installation.",
    },
    POD_NETWORK_FAILS: {
      row: 'cluster-service',
      means: 'The network plugin gives the pods of a node no network.',
      decided:
        'FailedCreatePodSandBox with words of the plugin, within a quarter of an hour, for pods of at least two workloads on one node.',
      fixed: 'What the plugin complains about: mostly no free address, or its program not running there.',
    },
    POD_NETWORK_AGENT_DOWN: {
      row: 'cluster-service',
      means:
        'The network plugin, or kube-proxy, is not ready on nodes: pods or Services are not reached there.',
      decided:
        'Pods of its DaemonSet are not ready for two minutes on nodes that are, and no deeper reason is known.',
      fixed: 'What its pods complain about.',
    },
  },

  analyze(snapshot) {
    return [...unready(snapshot), ...failing(snapshot), ...agentsDown(snapshot)];
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
  const set = pluginIn(snapshot);
  const stands = set === undefined || set.ready >= set.wanted;
  if (stands && nodes.length === 1 && snapshot.of('Node').some(each => isServing(each))) return [];
  const plugin = set === undefined ? undefined : refOf(set.object);
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

/** Its pods that are not ready, on nodes that are: what is wrong lies with it. */
function agentsDown(snapshot: Snapshot): Draft<Code>[] {
  const serving = new Set(
    snapshot
      .of('Node')
      .filter(isServing)
      .map(({ metadata }) => metadata.name),
  );
  return systemSets(snapshot, agents).flatMap((set): Draft<Code>[] => {
    if (set.object.kind !== 'DaemonSet' || set.ready >= set.wanted) return [];
    const down = set.pods.filter(
      pod =>
        serving.has(pod.spec.nodeName ?? '') &&
        pod.metadata.deletionTimestamp === undefined &&
        !isReady(pod) &&
        (sinceMs(snapshot, unreadySince(pod)) ?? 0) >= joiningMs,
    );
    const [first] = down;
    if (first === undefined) return [];
    const event = snapshot.eventsFor(refOf(first)).find(({ reason }) => reason === 'Unhealthy');
    const object = refOf(set.object);
    return [
      {
        code: 'POD_NETWORK_AGENT_DOWN',
        severity: 'critical',
        object,
        summary: `is not ready on ${down.length === 1 ? `node ${first.spec.nodeName ?? ''}` : `${down.length} of ${set.wanted} nodes`}: the network of pods suffers there`,
        evidence: [
          quoteField('status.numberReady', set.ready),
          ...(event === undefined ? [] : [quoteEvent(event)]),
          ...signsOf(set, snapshot),
        ],
        confidence: 'certain',
        fixes: [],
        question: `Why is ${describeRef(object)} not ready there?`,
        depth: serviceDepth,
      },
    ];
  });
}

function unreadySince({ metadata, status }: Pod): string | undefined {
  return conditionOf(status?.conditions, 'Ready')?.lastTransitionTime ?? metadata.creationTimestamp;
}

function isServing({ status }: Node): boolean {
  return conditionOf(status?.conditions, 'Ready')?.status === 'True';
}

function pluginOf(snapshot: Snapshot): Ref | undefined {
  const set = pluginIn(snapshot);
  return set === undefined ? undefined : refOf(set.object);
}

/** The only one. Anybody labels pods: one that is not on the network of its nodes is none, and the cluster's own come first. */
function pluginIn(snapshot: Snapshot): PodSet | undefined {
  const found = systemSets(snapshot, networkPlugins).filter(
    ({ object, spec }) => object.kind === 'DaemonSet' && spec.hostNetwork === true,
  );
  const own = found.filter(({ namespace }) => namespace === systemNamespace);
  const [only, second] = own.length > 0 ? own : found;
  return second === undefined ? only : undefined;
}
