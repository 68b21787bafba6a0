import { humanDuration } from '../../../kubernetes/duration.ts';
import type { Lease, Node } from '../../../kubernetes/kinds/cluster.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { readQuantity } from '../../../kubernetes/quantities.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { cordonedAt, cordonedSinceMs, isLeaving, isReady } from '../../cluster/node-state.ts';
import { minorOf, serverMinor } from '../../cluster/server-minor.ts';
import { quoteField } from '../../evidence.ts';
import type { Snapshot } from '../../snapshot.ts';

// Nodes are closed for work on them; one that is still closed a day later was forgotten.
const forgottenMs = 24 * 60 * 60_000;
// A kubelet renews its lease every 10 seconds and is given up after 50.
const lateMs = 90_000;
// What the control plane gave up by then it says itself; a lease that is older belongs to a clock that is wrong.
const givenUpMs = 5 * 60_000;
// Tokens and certificates allow for about this much.
const skewMs = 60_000;
// https://kubernetes.io/releases/version-skew-policy/: a kubelet may be up to three minor versions older.
const mostMinorsOlder = 3;

const leases = 'kube-node-lease';

type Code = 'NODE_CORDONED' | 'NODE_VERSION_SKEW' | 'NODE_HEARTBEAT_LATE' | 'NODE_CLOCK_SKEW' | 'NODE_FULL';

/** Nodes that are ready and need somebody's attention all the same. */
export const nodeUpkeepAnalyzer = defineAnalyzer<Code>({
  id: 'node-upkeep',
  needs: ['Node', 'Lease', 'Pod'],
  codes: {
    NODE_CORDONED: {
      row: 'node',
      means: 'A node was closed for new pods and forgotten.',
      decided:
        'Its taint says that it was closed more than 24 hours ago, it is ready, and no pod is leaving it. One that an autoscaler takes away is not meant.',
      fixed: 'Open it again, or delete it.',
    },
    NODE_VERSION_SKEW: {
      row: 'node',
      means: 'The kubelet of a node and the API server are further apart than they may be.',
      decided:
        'The kubelet is newer than the API server, or more than three minor versions older. In files the newest kubelet stands for the server, which may not be older.',
      fixed: 'Upgrade the older of the two.',
    },
    NODE_HEARTBEAT_LATE: {
      row: 'node',
      means: 'A node counts as ready but has stopped renewing its lease.',
      decided: 'Its lease is older than 90 seconds and that of another node is fresh.',
      fixed: 'As for a node that is lost, which it will be within a minute.',
    },
    NODE_CLOCK_SKEW: {
      row: 'node',
      means: 'The clock of a node is wrong.',
      decided:
        'Its lease was renewed more than a minute in the future; or the node is ready, its lease is older than 5 minutes, and others are fresh.',
      fixed: 'Get its time service to run.',
    },
    NODE_FULL: {
      row: 'node',
      means: 'A node runs as many pods as it may.',
      decided:
        'Its pods are as many as it allows. A note: pods that find no place are findings of their own.',
      fixed: 'More nodes, or a higher limit of its kubelet.',
    },
  },

  analyze(snapshot) {
    const busy = placesTaken(snapshot);
    const fresh = freshestLeaseMs(snapshot);
    const server = serverMinor(snapshot);
    return snapshot.of('Node').flatMap(node => {
      if (isLeaving(node) || !isReady(node)) return [];
      return [
        ...forgotten(node, { snapshot, leaving: busy.get(node.metadata.name)?.leaving === true }),
        ...skewed(node, server),
        ...beating(node, { snapshot, fresh }),
        ...full(node, busy.get(node.metadata.name)?.count ?? 0),
      ].map((draft): Draft<Code> => ({ ...draft, object: refOf(node) }));
    });
  },
});

type Told = Omit<Draft<Code>, 'object'>;

function forgotten(node: Node, { snapshot, leaving }: { snapshot: Snapshot; leaving: boolean }): Told[] {
  if (node.spec?.unschedulable !== true || leaving) return [];
  const since = cordonedSinceMs(node, snapshot);
  if (since !== undefined && since < forgottenMs) return [];
  return [
    {
      code: 'NODE_CORDONED',
      // Nothing says for how long: it may have been closed a minute ago.
      severity: since === undefined ? 'note' : 'warning',
      summary: `it has taken no new pods for ${since === undefined ? 'an unknown time' : humanDuration(since)}: it is cordoned`,
      evidence: [quoteField('spec.unschedulable', true), quoteField('cordoned since', cordonedAt(node))],
      confidence: 'certain',
      fixes: [
        {
          tool: 'k8s_node',
          arguments: { action: 'uncordon', node: node.metadata.name },
          does: `Let node ${node.metadata.name} take pods again`,
        },
      ],
      depth: 2,
    },
  ];
}

function skewed({ status }: Node, server: ReturnType<typeof serverMinor>): Told[] {
  const kubelet = minorOf(status?.nodeInfo?.kubeletVersion);
  if (kubelet === undefined || server === undefined) return [];
  const { minor, atLeast } = server;
  if (kubelet <= minor && minor - kubelet <= mostMinorsOlder) return [];
  return [
    {
      code: 'NODE_VERSION_SKEW',
      severity: 'warning',
      summary:
        kubelet > minor
          ? `its kubelet (1.${kubelet}) is newer than the API server (1.${minor}), which is not supported`
          : `its kubelet (1.${kubelet}) is more than ${mostMinorsOlder} minor versions older than the API server (1.${minor}${atLeast ? ' at least' : ''})`,
      evidence: [quoteField('status.nodeInfo.kubeletVersion', status?.nodeInfo?.kubeletVersion)],
      confidence: 'certain',
      fixes: [],
      question: kubelet > minor ? 'When is the control plane upgraded?' : 'When is the node upgraded?',
      depth: 2,
    },
  ];
}

function beating(node: Node, { snapshot, fresh }: { snapshot: Snapshot; fresh: number }): Told[] {
  const renewed = renewedMs(snapshot.find('Lease', { name: node.metadata.name, namespace: leases }));
  if (renewed === undefined) return [];
  const age = snapshot.nowMs - renewed;
  // Where no lease is fresh, the look is of another day than its clock says.
  const late = age > lateMs && fresh <= lateMs;
  const ahead = -age > skewMs;
  if (!late && !ahead) return [];
  const skew = ahead || age > givenUpMs;
  return [
    {
      code: skew ? 'NODE_CLOCK_SKEW' : 'NODE_HEARTBEAT_LATE',
      severity: 'warning',
      summary: skew
        ? `its clock is ${humanDuration(Math.abs(age))} ${ahead ? 'ahead' : 'behind'}, by its lease`
        : `it has not renewed its lease for ${humanDuration(age)} and still counts as ready`,
      evidence: [
        quoteField(`Lease/${node.metadata.name} spec.renewTime`, new Date(renewed).toISOString()),
        quoteField('time of the cluster', snapshot.takenAt.toISOString()),
      ],
      confidence: ahead ? 'certain' : 'likely',
      fixes: [],
      question: skew ? 'Does its time service run?' : 'Does its kubelet run?',
      depth: 2,
    },
  ];
}

/** How old the newest lease of all nodes is; Infinity: there is none. */
function freshestLeaseMs(snapshot: Snapshot): number {
  return snapshot
    .of('Lease')
    .filter(({ metadata }) => metadata.namespace === leases)
    .reduce(
      (least, lease) => Math.min(least, Math.abs(snapshot.nowMs - (renewedMs(lease) ?? 0))),
      Number.POSITIVE_INFINITY,
    );
}

function renewedMs(lease: Lease | undefined): number | undefined {
  // A lease without a spec has never been taken.
  const ms = Date.parse(lease?.spec?.renewTime ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

interface Places {
  count: number;
  /** Pods are being deleted there: a drain, or the end of one. */
  leaving: boolean;
}

function placesTaken(snapshot: Snapshot): Map<string, Places> {
  const taken = new Map<string, Places>();
  const add = (node: string, { leaving }: Pick<Places, 'leaving'>) => {
    const before = taken.get(node) ?? { count: 0, leaving: false };
    taken.set(node, { count: before.count + 1, leaving: before.leaving || leaving });
  };
  for (const { node, status } of snapshot.rows)
    if (node !== undefined && status !== 'Completed') add(node, { leaving: false });
  for (const pod of snapshot.of('Pod')) {
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (pod.spec.nodeName && !ended) add(pod.spec.nodeName, { leaving: isDeleting(pod) });
  }
  return taken;
}

function full({ status }: Node, count: number): Told[] {
  const most = status?.allocatable?.['pods'];
  const allowed = typeof most === 'string' || typeof most === 'number' ? readQuantity(most) : undefined;
  if (allowed === undefined || allowed === 0n || BigInt(count) * 1_000_000_000n < allowed) return [];
  return [
    {
      code: 'NODE_FULL',
      severity: 'note',
      summary: `it runs ${count} pods, which is all it may`,
      evidence: [quoteField('status.allocatable.pods', most)],
      confidence: 'certain',
      fixes: [],
    },
  ];
}
