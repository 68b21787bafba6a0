import { cleanLine } from '../../core/text.ts';
import { countOf } from '../../kubernetes/health/verdict.ts';
import type { Node } from '../../kubernetes/kinds/cluster.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { refOf } from '../../kubernetes/object.ts';
import { amountsIn, podAmounts } from '../../kubernetes/pod-amounts.ts';
import { formatQuantity, type Nano } from '../../kubernetes/quantities.ts';
import { hostPortsOf } from '../../kubernetes/scheduling/node-room.ts';
import { selectorText } from '../../kubernetes/selectors.ts';
import { quoteField } from '../evidence.ts';
import type { PodSet } from '../pod-sets.ts';
import { labelMissing } from './node-label-text.ts';
import type { Saying, Told } from './pending-verdict.ts';
import { amountOf, largestNode, type Obstacle } from './placement.ts';

// Node names that one line still holds.
const mostNamed = 3;

export function describeObstacle(
  obstacle: Obstacle,
  { set, nodes }: { set: PodSet; nodes: readonly Node[] },
): Told {
  const { at, spec } = set;
  const many = countOf(nodes.length, 'node');
  switch (obstacle.of) {
    case 'labels':
      return labelMissing(set, nodes);
    case 'node-affinity':
      return {
        code: 'NODE_AFFINITY_UNMET',
        summary: `no node fits its required node affinity (${many} looked at)`,
        evidence: [
          quoteField(
            `${at}.affinity.nodeAffinity`,
            spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
          ),
        ],
        question: 'Which nodes should it run on, and which labels do they have?',
      };
    case 'taint': {
      const taint = `${obstacle.taint.key}=${obstacle.taint.value ?? ''}:${obstacle.taint.effect}`;
      return {
        code: 'NODES_TAINTED',
        summary: `no node takes it: it does not tolerate the taint ${taint} of ${namesOf(obstacle.nodes)}`,
        evidence: [
          quoteField(`Node/${obstacle.nodes[0]?.metadata.name ?? ''} spec.taints`, taint),
          quoteField(`${at}.tolerations`, spec.tolerations),
        ],
        question: `Should it tolerate ${taint}, or should the taint go?`,
      };
    }
    case 'cordon':
    case 'unready': {
      const [node] = obstacle.nodes;
      const taints = (node?.spec?.taints ?? []).map(({ key }) => key);
      const field =
        obstacle.of === 'cordon'
          ? quoteField('spec.unschedulable', true)
          : quoteField('spec.taints', taints.length === 0 ? 'Ready is not True' : taints.join(', '));
      const word = obstacle.of === 'cordon' ? 'cordoned' : 'not ready';
      return {
        code: 'NODES_CLOSED',
        summary: `no node takes it: ${namesOf(obstacle.nodes)} could, but ${obstacle.nodes.length === 1 ? 'is' : 'are'} ${word}`,
        evidence: [`Node/${node?.metadata.name ?? ''} ${field}`],
        question: `When will ${namesOf(obstacle.nodes)} take pods again?`,
        dependsOn: obstacle.nodes.map(refOf),
      };
    }
    case 'size':
      return tooLarge(obstacle, set);
    case 'room':
      return {
        code: 'NO_ROOM',
        summary: `all nodes that it may run on have room for ${obstacle.places} of its ${set.wanted} pods, even empty`,
        evidence: [
          quoteField('spec.replicas', set.wanted),
          quoteField(`${at}.containers[0].resources.requests`, spec.containers[0]?.resources?.requests),
        ],
        question: 'Can a node be added, or does it need less?',
      };
    case 'apart':
      return {
        code: 'ANTI_AFFINITY_FULL',
        summary: `its ${set.wanted} pods keep each other off, and there are ${obstacle.places} places (${obstacle.topologyKey})`,
        evidence: [
          quoteField('spec.replicas', set.wanted),
          quoteField(
            `${at}.affinity.podAntiAffinity`,
            spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
          ),
        ],
        question: `Are ${obstacle.places} replicas enough, or may two share a place?`,
      };
    case 'beside':
      return {
        ...neighbours(set, { apart: false }),
        summary: `it must run beside pods that there are none of: ${cleanLine(selectorText({ ...obstacle.term.labelSelector }), 60)}`,
      };
    case 'host-port':
      return {
        code: 'HOST_PORT_TAKEN',
        summary: `its ${set.wanted} pods each take port ${obstacle.port} of their node, and there are ${obstacle.places} nodes`,
        evidence: [quoteField('spec.replicas', set.wanted), quoteField(`${at} hostPort`, obstacle.port)],
        question: 'Does it need the port of the node, or would a Service do?',
      };
    case 'spread': {
      const { topologyKey, minDomains } = obstacle.constraint;
      const { closed } = obstacle;
      const why =
        obstacle.places === 0
          ? `no node that it may run on has the label ${topologyKey}`
          : minDomains !== undefined && obstacle.places < minDomains
            ? `${obstacle.places} of at least ${minDomains} domains of ${topologyKey} exist`
            : `it may run in ${obstacle.places} of the domains of ${topologyKey}, and the others stay empty${closed.length === 0 ? '' : `: ${namesOf(closed)} ${closed.length === 1 ? 'is' : 'are'} cordoned or not ready`}`;
      return {
        code: 'SPREAD_UNMET',
        summary: `its topology spread cannot be met: ${why}`,
        evidence: [quoteField(`${at}.topologySpreadConstraints`, { ...obstacle.constraint })],
        question:
          closed.length === 0
            ? `Should nodes get the label ${topologyKey}, or may it be ScheduleAnyway?`
            : `When will ${namesOf(closed)} take pods again, or may it be ScheduleAnyway?`,
        dependsOn: closed.map(refOf),
      };
    }
  }
}

interface Crowded {
  set: PodSet;
  /** Nodes that could take it if they had room; empty: not known. */
  open: readonly Node[];
  /** The pods that a node has; undefined where not all were read. */
  podsOn: ((node: Node) => readonly Pod[]) | undefined;
}

/** The same from a scheduler's words, where only what runs now explains it, or nodes could not be read. */
export function describeSaying({ said, short, apart }: Saying, { set, open, podsOn }: Crowded): Told {
  const { at, spec } = set;
  switch (said) {
    case 'resources':
      return noRoom(short, { set, open, podsOn });
    case 'taint':
      return {
        code: 'NODES_TAINTED',
        summary: 'every node has a taint that it does not tolerate',
        evidence: [quoteField(`${at}.tolerations`, spec.tolerations)],
        question: 'Should it tolerate the taint, or should the taint go?',
      };
    case 'selector': {
      const plain = Object.keys(spec.nodeSelector ?? {}).length > 0;
      return {
        code: plain ? 'NODE_LABEL_MISSING' : 'NODE_AFFINITY_UNMET',
        summary: plain
          ? 'no node has the labels of its node selector'
          : 'no node fits its required node affinity',
        evidence: plain ? [quoteField(`${at}.nodeSelector`, spec.nodeSelector)] : [],
        question: 'Which nodes should it run on?',
      };
    }
    case 'host-port': {
      const ports = hostPortsOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: '' }, spec });
      return {
        code: 'HOST_PORT_TAKEN',
        summary: `port ${ports.join(', ')} is taken on every node that it may run on`,
        evidence: [quoteField(`${at} hostPort`, ports.join(', '))],
        question: 'Does it need the port of the node, or would a Service do?',
      };
    }
    case 'spread':
      return {
        code: 'SPREAD_UNMET',
        summary: 'its topology spread leaves no node: where it may run, it would be too many in one place',
        evidence: [
          quoteField(
            `${at}.topologySpreadConstraints`,
            spec.topologySpreadConstraints?.map(each => ({ ...each })),
          ),
        ],
        question: 'Is there room missing in the emptier domain, or may it be ScheduleAnyway?',
      };
    case 'affinity':
      return neighbours(set, { apart });
  }
}

function neighbours({ at, spec }: PodSet, { apart }: { apart: boolean }): Told {
  const field = apart ? 'podAntiAffinity' : 'podAffinity';
  const terms = spec.affinity?.[field]?.requiredDuringSchedulingIgnoredDuringExecution;
  return {
    code: apart ? 'ANTI_AFFINITY_FULL' : 'NEIGHBOUR_MISSING',
    summary: apart
      ? 'every node that it may run on has a pod that keeps it off (required anti-affinity)'
      : 'no node has the pods that it must run beside (required pod affinity)',
    evidence: [quoteField(`${at}.affinity.${field}`, terms)],
    question: apart
      ? 'Is there a node missing, or may it be a preference?'
      : 'Which pods should it run beside, and where are they?',
  };
}

function tooLarge(
  { resource, asked, most, nodes }: Extract<Obstacle, { of: 'size' }>,
  { spec, at }: PodSet,
): Told {
  const amount = textOf(asked, resource);
  const least = most === undefined ? '0' : textOf(amountOf(most, resource), resource);
  const name = most?.metadata.name ?? '';
  const index = largestOf(spec, resource);
  const { requests, limits } = spec.containers[index]?.resources ?? {};
  const member = requests?.[resource] === undefined ? 'limits' : 'requests';
  const request = requests?.[resource] ?? limits?.[resource];
  const none = most === undefined || amountOf(most, resource) === 0n;
  return {
    code: 'POD_TOO_LARGE',
    summary: none
      ? `it asks for ${amount} of ${resource}, which no node offers that it may run on (${nodes.length})`
      : `it asks for ${amount} of ${resource}; the largest node that it may run on has ${least} (${name})`,
    evidence: [
      ...(request === undefined
        ? []
        : [quoteField(`${at}.containers[${index}].resources.${member}.${resource}`, request)]),
      quoteField(`Node/${name} status.allocatable.${resource}`, most?.status?.allocatable?.[resource]),
    ],
    question: `How much ${resource} does it need?`,
  };
}

function largestOf(spec: PodSet['spec'], resource: string): number {
  const amounts = spec.containers.map(
    ({ resources = {} }) => amountsIn({ ...resources.limits, ...resources.requests }).get(resource) ?? 0n,
  );
  return amounts.reduce((best, amount, index) => (amount > (amounts[best] ?? 0n) ? index : best), 0);
}

function noRoom(short: readonly string[], { set, open, podsOn }: Crowded): Told {
  const amounts = podAmounts(set.spec, 'requests');
  const asked = short.map(name => {
    const amount = amounts.get(name);
    return amount === undefined ? name : `${textOf(amount, name)} of ${name}`;
  });
  const evidence = short.flatMap(name => {
    const most = largestNode(open, name);
    return most === undefined ? [] : [roomOn(most, { name, podsOn })];
  });
  const pods = short.length === 1 && short[0] === 'pods';
  return {
    code: 'NO_ROOM',
    summary: pods
      ? 'every node that it may run on has as many pods as it can have'
      : `no node has ${asked.join(' and ')} left`,
    evidence: evidence.slice(0, 2),
    question: pods ? 'Which node can be added?' : 'Can a node be added, or does it need less?',
  };
}

/** What a node has in all, and what its pods leave of it where all of them are known. */
function roomOn(node: Node, { name, podsOn }: { name: string } & Pick<Crowded, 'podsOn'>): string {
  const path = `Node/${node.metadata.name} status.allocatable.${name}`;
  const field = quoteField(path, node.status?.allocatable?.[name]);
  if (podsOn === undefined) return field;
  const here = podsOn(node);
  if (name === 'pods') return `${field}, and it has ${here.length}`;
  const used = here.reduce((sum, { spec }) => sum + (podAmounts(spec, 'requests').get(name) ?? 0n), 0n);
  return `${field}, of which ${here.length} pods request ${textOf(used, name)}`;
}

function textOf(amount: Nano, resource: string): string {
  return formatQuantity(amount, resource === 'cpu' || resource.includes('/') ? 'decimal' : 'binary');
}

function namesOf(nodes: readonly Node[]): string {
  const names = nodes.slice(0, mostNamed).map(({ metadata }) => metadata.name);
  const more = nodes.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
