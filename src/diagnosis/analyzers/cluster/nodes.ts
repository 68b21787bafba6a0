import type { Ref } from '../../../core/ref.ts';
import type { Node } from '../../../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { isNamedLikePlugin } from '../../cluster/network-plugins.ts';
import {
  brokenOn,
  cordonedSinceMs,
  evictedFrom,
  isLeaving,
  isReady,
  zoneOf,
} from '../../cluster/node-state.ts';
import { quoteField } from '../../evidence.ts';
import type { Snapshot } from '../../snapshot.ts';

// A kubelet that is restarted, or its runtime, is away for some seconds.
const restartMs = 30_000;
// A machine that joins gets its network and its drivers within minutes.
const joiningMs = 5 * 60_000;
// Whoever closes a node and then restarts it is at work on it, for less than this.
const maintenanceMs = 60 * 60_000;

const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];
/** What the node problem detector reports; other conditions mean whatever their makers like. */
const problems = [
  'KernelDeadlock',
  'ReadonlyFilesystem',
  'CorruptDockerOverlay2',
  'FrequentKubeletRestart',
  'FrequentContainerdRestart',
  'FrequentDockerRestart',
  'FrequentUnregisterNetDevice',
  'KubeletUnhealthy',
  'ContainerRuntimeUnhealthy',
];

type Code = 'NODE_LOST' | 'NODE_NOT_READY' | 'NODE_PRESSURE' | 'NODE_NETWORK_UNAVAILABLE' | 'NODE_PROBLEM';

interface Told extends Pick<Draft<Code>, 'code' | 'severity' | 'summary' | 'evidence' | 'question'> {
  node: Node;
  cause?: string;
  dependsOn?: readonly Ref[];
}

/** Nodes that are not well; what is on them folds under them, and nodes that fail in one way are one finding. */
export const nodesAnalyzer = defineAnalyzer<Code>({
  id: 'nodes',
  needs: ['Node', 'Pod', 'DaemonSet'],
  codes: {
    NODE_LOST: {
      row: 'node',
      means: 'The kubelet of a node has stopped reporting.',
      decided:
        'Its Ready condition is Unknown for 30 seconds or longer. A node that was closed before and is away for less than an hour is being worked on; one marked out of service is known of.',
      fixed: 'Bring the machine, its network or its kubelet back, or delete the node.',
    },
    NODE_NOT_READY: {
      row: 'node',
      means: 'A node says itself that it cannot run pods.',
      decided:
        'Its Ready condition is False for 30 seconds or longer; not where it joined in the last 5 minutes, nor where it was closed before and is away for less than an hour.',
      fixed: 'What the message says: the container runtime, the network plugin.',
    },
    NODE_PRESSURE: {
      row: 'node',
      means: 'A node runs out of memory, disk or process ids; it evicts pods and takes no new ones.',
      decided: 'The node says so by a condition.',
      fixed: 'Free what runs out, or find the pods that use more than they asked for.',
    },
    NODE_NETWORK_UNAVAILABLE: {
      row: 'node',
      means: 'The network of a node is not set up.',
      decided: 'Its NetworkUnavailable condition is True, and it did not join in the last 5 minutes.',
      fixed: 'Get the network plugin, or the routes of the cloud, to work.',
    },
    NODE_PROBLEM: {
      row: 'node',
      means: 'The machine under a node has a problem.',
      decided:
        'A condition of the node problem detector is True, or the cloud has not initialized the node for 5 minutes.',
      fixed: 'Drain and repair, or replace, the machine.',
    },
  },

  analyze(snapshot) {
    const told = snapshot.of('Node').flatMap(node => (isLeaving(node) ? [] : whatIsWrong(node, snapshot)));
    const groups = Map.groupBy(told, ({ code, severity, summary }) => `${code} ${severity} ${summary}`);
    return [...groups.values()].flatMap(group => draftsOf(group, snapshot));
  },
});

function whatIsWrong(node: Node, snapshot: Snapshot): Told[] {
  const joined = (sinceMs(snapshot, node.metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY) > joiningMs;
  if (!isReady(node)) {
    const told = joined ? notReady(node, snapshot) : undefined;
    return told === undefined ? [] : [told];
  }
  const conditions = node.status?.conditions ?? [];
  const on = (types: readonly string[]) =>
    conditions.filter(({ type, status }) => status === 'True' && types.includes(type));
  const severity = 'warning' as const;
  const evidenceOf = ({ type, message, reason }: { type: string; message?: string; reason?: string }) => [
    quoteField(`condition ${type}`, message ?? reason ?? 'True'),
  ];
  return [
    ...on(pressures).map(
      (condition): Told => ({
        node,
        code: 'NODE_PRESSURE',
        severity,
        summary: `it runs out of ${{ MemoryPressure: 'memory', DiskPressure: 'disk' }[condition.type] ?? 'process ids'}`,
        evidence: evidenceOf(condition),
        question: 'What uses it up: pods that take more than they ask for, images, logs?',
      }),
    ),
    ...(joined ? on(['NetworkUnavailable']) : []).map(
      (condition): Told => ({
        node,
        code: 'NODE_NETWORK_UNAVAILABLE',
        severity: 'critical',
        summary: 'its network is not set up',
        evidence: evidenceOf(condition),
        question: 'Does the network plugin run on it, and has the cloud made its routes?',
        dependsOn: networksOf(snapshot),
      }),
    ),
    ...on(problems).map(
      (condition): Told => ({
        node,
        code: 'NODE_PROBLEM',
        severity,
        summary: `its machine reports ${condition.type}`,
        evidence: evidenceOf(condition),
        question: 'Can the machine be replaced?',
      }),
    ),
    ...(joined &&
    node.spec?.taints?.some(({ key }) => key === 'node.cloudprovider.kubernetes.io/uninitialized') === true
      ? [
          {
            node,
            code: 'NODE_PROBLEM' as const,
            severity,
            summary: 'the cloud has not initialized it, and it takes no pods',
            evidence: [quoteField('spec.taints', 'node.cloudprovider.kubernetes.io/uninitialized')],
            question: 'Does the controller of the cloud run?',
          },
        ]
      : []),
  ];
}

function notReady(node: Node, snapshot: Snapshot): Told | undefined {
  const ready = conditionOf(node.status?.conditions, 'Ready');
  // A node that never reported is one that somebody wrote down, or one that is still to come.
  if (ready === undefined) return undefined;
  const since = sinceMs(snapshot, ready.lastTransitionTime) ?? Number.POSITIVE_INFINITY;
  if (since < restartMs) return undefined;
  const lost = ready.status === 'Unknown';
  const message = ready.message ?? ready.reason ?? 'no reason given';
  const networkless = !lost && /network|cni/i.test(message);
  const cause = lost ? causeOfLoss(node) : causeIn(message);
  return {
    node,
    code: lost ? 'NODE_LOST' : 'NODE_NOT_READY',
    severity: isWorkedOn(node, { since, snapshot }) ? 'note' : 'critical',
    summary: lost
      ? 'its kubelet has stopped reporting'
      : `it is not ready${cause === undefined ? '' : `: ${cause}`}`,
    evidence: [quoteField(`condition Ready=${ready.status}`, message)],
    ...(lost && cause !== undefined ? { cause } : {}),
    question: lost
      ? 'Is the machine up and on the network, and does its kubelet run?'
      : 'What do the logs of its kubelet and of its container runtime say?',
    ...(networkless ? { dependsOn: networksOf(snapshot) } : {}),
  };
}

function causeOfLoss({ spec }: Node): string | undefined {
  return spec?.taints?.some(({ key }) => key === 'node.cloudprovider.kubernetes.io/shutdown') === true
    ? 'the cloud says that the machine is shut down'
    : undefined;
}

function causeIn(message: string): string | undefined {
  const causes: readonly (readonly [says: RegExp, cause: string])[] = [
    [/network plugin|NetworkPluginNotReady|NetworkReady=false|cni/i, 'its network plugin is not set up'],
    [/PLEG/, 'its container runtime does not keep up'],
    [/runtime/i, 'its container runtime is down'],
    [/disk|filesystem/i, 'its disk fails'],
    [/certificate|x509/i, 'its certificates are not accepted'],
  ];
  return causes.find(([says]) => says.test(message.slice(0, 1_000)))?.[1];
}

/** Closed by somebody before it went away, and not long ago; or marked as known to be off. */
function isWorkedOn(node: Node, { since, snapshot }: { since: number; snapshot: Snapshot }): boolean {
  if (node.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service') === true) return true;
  if (node.spec?.unschedulable !== true) return false;
  return since < maintenanceMs && (cordonedSinceMs(node, snapshot) ?? since) >= since;
}

function networksOf(snapshot: Snapshot): Ref[] {
  return snapshot
    .of('DaemonSet')
    .filter(({ metadata }) => isNamedLikePlugin(metadata.name))
    .map(refOf);
}

/** The first of those that fail in one way speaks for all. */
function draftsOf(group: readonly Told[], snapshot: Snapshot): Draft<Code>[] {
  const [first, ...others] = group;
  if (first === undefined) return [];
  const sick = new Set(group.map(({ node }) => node.metadata.name));
  const zone = zoneOf(first.node);
  const wholeZone =
    others.length > 0 &&
    zone !== undefined &&
    snapshot.of('Node').every(node => (zoneOf(node) === zone) === sick.has(node.metadata.name));
  const cause = wholeZone ? `they are all the nodes of zone ${zone}, and no others` : first.cause;
  return group.map(({ node, summary, dependsOn = [], cause: own, ...rest }) => ({
    ...rest,
    object: refOf(node),
    summary:
      node === first.node && others.length > 0 ? `${summary}; so it is with ${others.length} more` : summary,
    ...(node === first.node
      ? cause === undefined
        ? {}
        : { cause }
      : own === undefined
        ? {}
        : { cause: own }),
    confidence: 'certain' as const,
    fixes: [],
    depth: 2,
    breaks: (rest.severity === 'warning' ? evictedFrom : brokenOn)(node, snapshot).filter(
      broken => !dependsOn.some(({ kind, name }) => kind === broken.kind && name === broken.name),
    ),
    dependsOn: [...dependsOn, ...(node === first.node || isDeleting(first.node) ? [] : [refOf(first.node)])],
  }));
}
