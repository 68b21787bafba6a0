import { describeRef } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import {
  downState,
  linesOf,
  serviceDepth,
  signsOf,
  systemNamespace,
  systemSets,
} from '../../cluster/system-services.ts';
import { quoteField, quoteLine } from '../../evidence.ts';
import { scaleFix } from '../../fixes.ts';
import { connectionComplaints } from '../../network/connection-logs.ts';
import type { PodSet } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code =
  | 'CLUSTER_DNS_DOWN'
  | 'CLUSTER_DNS_LOOP'
  | 'CLUSTER_DNS_MISCONFIGURED'
  | 'CLUSTER_DNS_UPSTREAM_SILENT'
  | 'CLUSTER_DNS_SERVICE_MISSING';

/** The DNS of the cluster: without it no pod finds another by its name. */
export const clusterDnsAnalyzer = defineAnalyzer({
  id: 'cluster-dns',
  needs: ['Deployment', 'DaemonSet', 'Service', 'ConfigMap', 'Pod'],
  codes: {
    CLUSTER_DNS_DOWN: {
      row: 'cluster-service',
      means: 'The DNS of the cluster has no ready pod: no name is resolved.',
      decided:
        'The workload labelled kube-dns or coredns has none ready for two minutes, or is scaled to zero.',
      fixed: 'One replica and more; else what keeps its pods from being ready.',
    },
    CLUSTER_DNS_LOOP: {
      row: 'cluster-service',
      means: 'CoreDNS forwards questions to itself and ends.',
      decided: 'Its log says that a loop was detected.',
      fixed:
        'A resolver beyond the node in its Corefile, or a resolv.conf of the kubelet without the local one.',
    },
    CLUSTER_DNS_MISCONFIGURED: {
      row: 'cluster-service',
      means: 'The Corefile of CoreDNS does not say what the cluster needs.',
      decided:
        'It has no plugin kubernetes, or its braces do not match, or the log of CoreDNS says where it cannot read it.',
      fixed: 'The Corefile as it was before.',
    },
    CLUSTER_DNS_UPSTREAM_SILENT: {
      row: 'cluster-service',
      means:
        'CoreDNS runs and gets no answer from the resolver that it forwards to: no name outside is resolved.',
      decided:
        'Three of its last lines say that the resolver timed out, refused or was not reached, and a program says that a name could not be looked up.',
      fixed: 'The resolver in the Corefile or in the resolv.conf of the nodes, or the way there.',
    },
    CLUSTER_DNS_SERVICE_MISSING: {
      row: 'cluster-service',
      means: 'No Service leads to the DNS pods: what pods have in their resolv.conf answers nobody.',
      decided: 'The DNS workload exists, and no Service of its namespace selects its pods.',
      fixed: 'The Service kube-dns with the address that the kubelets hand out.',
    },
  },

  analyze(snapshot) {
    return systemSets(snapshot, ['kube-dns', 'coredns'])
      .filter(set => set.namespace === systemNamespace)
      .flatMap(set => {
        const wrong = readFault(set, snapshot);
        return wrong.length > 0
          ? wrong
          : [...down(set, snapshot), ...unselected(set, snapshot), ...silent(set, snapshot)];
      });
  },
});

/** Who says that a name was not resolved; a name that does not exist is told by a DNS that works. */
function victims(snapshot: Snapshot) {
  const owners = connectionComplaints(snapshot)
    .filter(({ kind }) => kind === 'no-dns' || kind === 'unresolved')
    .map(({ owner }) => owner);
  return [...new Set(owners)].map(refOf);
}

function down(set: PodSet, snapshot: Snapshot): Draft<Code>[] {
  const state = downState(set, snapshot);
  if (state === undefined) return [];
  const ref = refOf(set.object);
  return [
    {
      code: 'CLUSTER_DNS_DOWN',
      severity: 'critical',
      object: ref,
      summary:
        state === 'idle'
          ? 'is scaled to zero: no name is resolved in the cluster'
          : 'has no ready pod: no name is resolved in the cluster',
      evidence: [
        quoteField('spec.replicas', set.wanted),
        quoteField('status.readyReplicas', set.ready),
        ...signsOf(set, snapshot),
      ],
      confidence: 'certain',
      fixes: state === 'idle' && set.object.kind === 'Deployment' ? [scaleFix(ref, 1)] : [],
      ...(state === 'idle' ? {} : { question: `Why has ${describeRef(ref)} no ready pod?` }),
      breaks: victims(snapshot),
      depth: state === 'idle' ? 3 : serviceDepth,
    },
  ];
}

// One question may get lost on its way.
const leastSilences = 3;

/** Where it runs, and what it forwards to does not answer. */
function silent(set: PodSet, snapshot: Snapshot): Draft<Code>[] {
  const lines = linesOf(set, snapshot).filter(({ line }) =>
    /plugin\/errors: .{0,300}(?:i\/o timeout|connection refused|no route to host|network is unreachable)/.test(
      line,
    ),
  );
  const waiting = connectionComplaints(snapshot).filter(
    ({ kind, owner }) => kind === 'no-dns' && owner !== set.object,
  );
  const [last] = lines.toReversed();
  const [complaint] = waiting;
  if (set.ready === 0 || last === undefined || complaint === undefined || lines.length < leastSilences)
    return [];
  const ref = refOf(set.object);
  return [
    {
      code: 'CLUSTER_DNS_UPSTREAM_SILENT',
      severity: 'critical',
      object: ref,
      summary: 'gets no answer from the resolver that it forwards to: names outside are not resolved',
      evidence: [quoteLine(last.container, last.line), quoteLine(complaint.container, complaint.line)],
      confidence: 'likely',
      fixes: [],
      question: 'Which resolver should it forward to, and what keeps it from reaching it?',
      breaks: [...new Set(waiting.map(({ owner }) => owner))].map(refOf),
      depth: 3,
    },
  ];
}

function readFault(set: PodSet, snapshot: Snapshot): Draft<Code>[] {
  const ref = refOf(set.object);
  const lines = linesOf(set, snapshot);
  const facts = {
    severity: 'critical' as const,
    confidence: 'certain' as const,
    fixes: [],
    breaks: [ref, ...victims(snapshot)],
    depth: 3,
  };
  const loop = lines.find(({ line }) => /plugin\/loop: Loop .* detected/.test(line));
  if (loop !== undefined && set.ready === 0)
    return [
      {
        code: 'CLUSTER_DNS_LOOP',
        object: ref,
        summary: 'forwards questions to itself and ends: its resolver is the node, which asks it again',
        evidence: [quoteLine(loop.container, loop.line)],
        question: 'Which resolver beyond the node should it forward to?',
        ...facts,
      },
    ];
  const name = configOf(set);
  const config =
    name === undefined ? undefined : snapshot.find('ConfigMap', { name, namespace: set.namespace });
  // One that was too long to be read is empty.
  const text = config?.data?.['Corefile'] || undefined;
  const unread = lines.find(({ line }) =>
    /Corefile:\d+ - Error|Unknown directive|plugin\/\S+: (?:not a valid|unknown property|wrong argument)/.test(
      line,
    ),
  );
  const says =
    unread !== undefined && set.ready === 0
      ? 'cannot be read by CoreDNS'
      : typeof text === 'string'
        ? corefileFault(text)
        : undefined;
  if (says === undefined) return [];
  return [
    {
      code: 'CLUSTER_DNS_MISCONFIGURED',
      object: config === undefined ? ref : refOf(config),
      summary: `the Corefile ${says}`,
      evidence: [
        ...(typeof text === 'string' ? [quoteField('data.Corefile', text.replaceAll(/\s+/g, ' '))] : []),
        ...(unread === undefined ? [] : [quoteLine(unread.container, unread.line)]),
      ],
      question: 'What did the Corefile say before?',
      ...facts,
    },
  ];
}

function configOf({ spec }: PodSet): string | undefined {
  for (const { configMap } of spec.volumes ?? []) {
    if (typeof configMap === 'object' && configMap !== null && !Array.isArray(configMap)) {
      const { name } = configMap;
      if (typeof name === 'string' && name.includes('dns') && !name.includes('custom')) return name;
    }
  }
  return 'coredns';
}

function corefileFault(text: string): string | undefined {
  const plain = text.replaceAll(/#.*$/gm, '');
  const [open, close] = [plain.split('{').length, plain.split('}').length];
  if (open !== close) return 'opens a block that it does not close, or the other way round';
  // Other zones and plugins may come from a file that it imports.
  if (/^\s*import\s/m.test(plain) && !/^\s*kubernetes\b/m.test(plain)) return undefined;
  return /^\s*(?:kubernetes|k8s_external)\b/m.test(plain)
    ? undefined
    : 'has no plugin kubernetes: names of services are not resolved';
}

function unselected(set: PodSet, snapshot: Snapshot): Draft<Code>[] {
  if (!snapshot.sees('Service', set.namespace)) return [];
  const selecting = snapshot
    .of('Service')
    .some(
      ({ metadata, spec }) =>
        metadata.namespace === set.namespace && (spec.ports ?? []).some(({ port }) => port === 53),
    );
  if (selecting) return [];
  return [
    {
      code: 'CLUSTER_DNS_SERVICE_MISSING',
      severity: 'critical',
      object: refOf(set.object),
      summary: 'no Service of its namespace leads to it on port 53',
      evidence: [quoteField('pod labels', { ...set.labels })],
      confidence: 'certain',
      fixes: [],
      question: 'Which address do the kubelets hand out as the DNS of the cluster?',
      breaks: victims(snapshot),
      depth: 3,
    },
  ];
}
