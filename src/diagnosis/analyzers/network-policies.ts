import { isIPv4 } from 'node:net';
import type { Fix } from '../../core/finding.ts';
import type { JsonObject } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import type { NetworkPolicy } from '../../kubernetes/kinds/network.ts';
import { blockedBy, type Direction, rulesOf, type Verdict } from '../../kubernetes/network-policy.ts';
import { refOf } from '../../kubernetes/object.ts';
import { readServiceHost } from '../../kubernetes/service-host.ts';
import { type Draft, defineAnalyzer } from '../analyzer.ts';
import { connectionComplaints } from '../connection-logs.ts';
import { quoteField } from '../evidence.ts';
import { applyFix, patchFix } from '../fixes.ts';
import { namedAddresses } from '../needed-paths.ts';
import type { PodSet } from '../pod-sets.ts';
import { endOf, namespaceLabels, neededPaths, targetsOf } from '../policy-paths.ts';
import type { Snapshot } from '../snapshot.ts';

/** A path that one policy stops in one direction. */
interface Blocked {
  policy: NetworkPolicy;
  direction: Direction;
  verdict: Verdict;
  from: PodSet;
  /** Whom it leads to, for people: `Service/api in shop port 8080`, `the DNS of the cluster`. */
  to: string;
  /** Who must let it through: the pods that the policy isolates. */
  isolated: PodSet;
  /** The rule that would let it through; absent: for a person to say. */
  peer?: JsonObject;
  ports: JsonObject[];
  why: { at: string; text: string };
  isDns: boolean;
}

// A policy that needs more rules than that needs a person.
const mostRules = 3;
// A finding has 1,200 bytes at most.
const mostManifestChars = 500;
const dnsPort = 53;
const dnsLabels = { 'k8s-app': 'kube-dns' };
const dnsNamespace = 'kube-system';

/** Network policies that stop traffic which the settings of workloads need, judged in both directions. */
export const networkPoliciesAnalyzer = defineAnalyzer({
  id: 'network-policies',
  needs: [
    'NetworkPolicy',
    'Service',
    'EndpointSlice',
    'Namespace',
    'ConfigMap',
    'Ingress',
    'IngressClass',
    'Node',
    'Pod',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ReplicaSet',
    'Job',
    'CronJob',
  ],
  codes: {
    NETWORK_POLICY_BLOCKS_PATH: {
      row: 'network-policy',
      means: 'The network policies stop traffic that a workload needs.',
      decided:
        'All policies that select either end are evaluated: no rule lets the path through. A path is needed where variables, arguments or ConfigMaps name a Service, where a log waits for one in vain, or where an Ingress leads to one. Nodes reach their own pods whatever policies say: probes are never stopped.',
      fixed: 'A rule that lets the path through.',
    },
    NETWORK_POLICY_BLOCKS_DNS: {
      row: 'network-policy',
      means: 'A network policy keeps pods from asking the DNS of the cluster.',
      decided:
        'The policies of pods whose settings name hosts of the cluster let no UDP on port 53 to the DNS pods out.',
      fixed: 'A rule for port 53 to kube-system.',
    },
  },

  analyze(snapshot) {
    const policies = Map.groupBy(snapshot.of('NetworkPolicy'), ({ metadata }) => metadata.namespace ?? '');
    if (policies.size === 0) return [];
    const blocked = [
      ...blockedPaths(snapshot, policies),
      ...blockedDns(snapshot, policies),
      ...blockedOutside(snapshot, policies),
    ];
    const groups = Map.groupBy(
      blocked,
      ({ policy }) => `${policy.metadata.namespace ?? ''}/${policy.metadata.name}`,
    );
    return [...groups.values()].map(group => draftOf(group));
  },
});

type Code = 'NETWORK_POLICY_BLOCKS_PATH' | 'NETWORK_POLICY_BLOCKS_DNS';
type Policies = ReadonlyMap<string, readonly NetworkPolicy[]>;

function blockedPaths(snapshot: Snapshot, policies: Policies): Blocked[] {
  return neededPaths(snapshot).flatMap(need => {
    const { from, service, why } = need;
    if (from.spec.hostNetwork === true) return [];
    return targetsOf(need, snapshot).flatMap(({ set: target, end: to, ...port }) => {
      // Its own replicas are another matter than its clients.
      if (target === from) return [];
      const path = { from: endOf(from, { snapshot }), to, ...port };
      const facts = { from, to: `${describeRef(refOf(service))} port ${need.port.port}`, why, isDns: false };
      const ports = [{ protocol: port.protocol, port: port.port }];
      return [
        ...stopped({ path, direction: 'Egress', policies, snapshot }).map(verdict => ({
          ...facts,
          ...verdict,
          isolated: from,
          peer: peerOf(target, { from, snapshot }),
          ports,
        })),
        ...stopped({ path, direction: 'Ingress', policies, snapshot }).map(verdict => ({
          ...facts,
          ...verdict,
          isolated: target,
          peer: peerOf(from, { from: target, snapshot }),
          ports,
        })),
      ];
    });
  });
}

// What stands for all that is outside: only a block that holds everything is known to hold it.
const outsideAddress = '1.1.1.1';
const httpsPort = 443;

/** What logs wait for in vain beyond the cluster, where a policy lets nothing out to there. */
function blockedOutside(snapshot: Snapshot, policies: Policies): Blocked[] {
  const setOf = new Map(snapshot.podSets.map(set => [set.object, set]));
  return connectionComplaints(snapshot).flatMap((complaint): Blocked[] => {
    const { kind, host = '', port = httpsPort, owner, container, line } = complaint;
    const from = setOf.get(owner);
    if (from === undefined || kind !== 'timed-out' || from.spec.hostNetwork === true) return [];
    const isAddress = isIPv4(host);
    const isInside = isAddress
      ? isPrivate(host)
      : readServiceHost(host, from.namespace).length > 0 || !host.includes('.');
    if (isInside) return [];
    const own = policies.get(from.namespace) ?? [];
    const blocks = own
      .flatMap(policy => rulesOf(policy, 'Egress'))
      .flatMap(({ peers }) => peers.flatMap(({ ipBlock }) => ipBlock ?? []));
    // Whether a name is in one of these blocks nobody here knows.
    if (!isAddress && blocks.some(({ cidr }) => !cidr.endsWith('/0'))) return [];
    const to = {
      namespace: '',
      namespaceLabels: {},
      labels: {},
      addresses: [isAddress ? host : outsideAddress],
    };
    const path = { from: endOf(from, { snapshot }), to, port, protocol: 'TCP' };
    return stopped({ path, direction: 'Egress', policies, snapshot }).map(verdict => ({
      ...verdict,
      from,
      to: `${host} port ${port}`,
      isolated: from,
      ports: [{ protocol: 'TCP', port }],
      why: { at: `log of ${container}`, text: line },
      isDns: false,
    }));
  });
}

function isPrivate(address: string): boolean {
  return /^(?:10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01]))\./.test(address);
}

/** The verdict of the policy to which the missing rule belongs; none where the path passes, or nobody can know. */
function stopped({
  path,
  direction,
  policies,
  snapshot,
}: {
  path: Parameters<typeof blockedBy>[0];
  direction: Direction;
  policies: Policies;
  snapshot: Snapshot;
}): { policy: NetworkPolicy; verdict: Verdict; direction: Direction }[] {
  const [own, other] = direction === 'Ingress' ? [path.to, path.from] : [path.from, path.to];
  const candidates = policies.get(own.namespace) ?? [];
  const verdicts = blockedBy(path, { direction, policies: candidates });
  if (verdicts === undefined) return [];
  // By which labels a namespace is known that nobody read, only the server could say.
  const unknown = snapshot.find('Namespace', { name: other.namespace }) === undefined;
  if (
    unknown &&
    own.namespace !== other.namespace &&
    verdicts.some(({ policy }) => asksForLabels(policy, direction))
  )
    return [];
  const [nearest] = verdicts.toSorted((a, b) => rank(a, direction) - rank(b, direction));
  return nearest === undefined ? [] : [{ policy: nearest.policy, verdict: nearest, direction }];
}

/** Which policy ought to have let it through: one that names this end or this port, else the one that lets nothing through. */
function rank({ policy, peerRule, portRule }: Verdict, direction: Direction): number {
  if (peerRule !== undefined) return 0;
  if (portRule !== undefined) return 1;
  return rulesOf(policy, direction).length === 0 ? 2 : 3;
}

function asksForLabels(policy: NetworkPolicy, direction: Direction): boolean {
  return rulesOf(policy, direction).some(({ peers }) =>
    peers.some(({ namespaceSelector }) => {
      const { matchLabels = {}, matchExpressions = [] } = namespaceSelector ?? {};
      const keys = [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)];
      return keys.some(key => key !== 'kubernetes.io/metadata.name');
    }),
  );
}

function blockedDns(snapshot: Snapshot, policies: Policies): Blocked[] {
  const service = snapshot.find('Service', { name: 'kube-dns', namespace: dnsNamespace });
  const seen = new Set<PodSet>();
  return namedAddresses(snapshot).flatMap(({ set, host, sure, at, text, configMap }): Blocked[] => {
    if (!sure || seen.has(set) || asksElsewhere(set) || isNodeLocal(snapshot)) return [];
    if (readServiceHost(host, set.namespace).length === 0) return [];
    seen.add(set);
    const port = { port: dnsPort, protocol: 'UDP' };
    const known =
      service === undefined ? [] : targetsOf({ service, port: { ...port, targetPort: dnsPort } }, snapshot);
    const ends = known.map(each => ({ to: each.end, portName: each.portName }));
    const assumed = {
      to: {
        namespace: dnsNamespace,
        namespaceLabels: namespaceLabels(dnsNamespace, snapshot),
        labels: dnsLabels,
        addresses: [],
      },
      portName: undefined,
    };
    const [{ to, portName }] = ends[0] === undefined ? [assumed] : [ends[0]];
    const path = {
      from: endOf(set, { snapshot }),
      to,
      ...port,
      ...(portName === undefined ? {} : { portName }),
    };
    return stopped({ path, direction: 'Egress', policies, snapshot }).map(verdict => ({
      ...verdict,
      from: set,
      to: 'the DNS of the cluster',
      isolated: set,
      peer: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': dnsNamespace } },
      },
      ports: [
        { protocol: 'UDP', port: dnsPort },
        { protocol: 'TCP', port: dnsPort },
      ],
      why: { at: configMap === undefined ? at : `ConfigMap/${configMap} ${at}`, text },
      isDns: true,
    }));
  });
}

function asksElsewhere({ spec }: PodSet): boolean {
  return spec.hostNetwork === true || spec.dnsPolicy === 'Default' || spec.dnsPolicy === 'None';
}

/** A cache on every node answers then, and nodes are never out of reach. */
function isNodeLocal(snapshot: Snapshot): boolean {
  return snapshot.get({ kind: 'DaemonSet', name: 'node-local-dns', namespace: dnsNamespace }) !== undefined;
}

function draftOf(group: readonly Blocked[]): Draft<Code> {
  const paths = group.filter(({ isDns }) => !isDns);
  const [first] = paths.length > 0 ? paths : group;
  if (first === undefined) throw new Error('a group has at least one member');
  const { policy, direction, from, to, why } = first;
  const ref = refOf(policy);
  const more = group.length === 1 ? '' : ` and ${group.length - 1} more`;
  const fixes = fixOf(group);
  const { podSelector = {} } = { ...policy.spec };
  const source = describeRef(refOf(from.object));
  return {
    code: paths.length > 0 ? 'NETWORK_POLICY_BLOCKS_PATH' : 'NETWORK_POLICY_BLOCKS_DNS',
    severity: 'critical',
    object: ref,
    summary:
      direction === 'Egress'
        ? `lets no traffic of ${source} out to ${to}${more}`
        : `lets no traffic in from ${source} to ${to}${more}`,
    evidence: [
      // A policy of its own shows what this one is about.
      ...(fixes[0]?.tool === 'k8s_apply' ? [] : [quoteField('spec.podSelector', { ...podSelector })]),
      quoteField(
        direction === 'Egress' ? 'spec.egress' : 'spec.ingress',
        (direction === 'Egress' ? policy.spec?.egress : policy.spec?.ingress) ?? [],
      ),
      quoteField(`${source} ${why.at}`, why.text),
    ],
    confidence: 'likely',
    fixes,
    ...(fixes.length === 0 ? { question: 'Which of these paths are meant to be open?' } : {}),
    breaks: [...new Set(group.map(each => each.from.object))].map(refOf),
    depth: 2,
  };
}

/** A rule added where one nearly fits; else a policy beside this one, for the pods that need it alone. */
function fixOf(group: readonly Blocked[]): Fix[] {
  const [first] = group;
  if (first === undefined || group.length > mostRules) return [];
  const { policy, direction } = first;
  // Both ends need a policy of their own then.
  if (group.some(each => each.direction !== direction || each.peer === undefined)) return [];
  const ref = refOf(policy);
  const [rules, peers] =
    direction === 'Egress' ? (['egress', 'to'] as const) : (['ingress', 'from'] as const);
  const near = group.every(({ verdict }) => verdict.peerRule !== undefined || verdict.portRule !== undefined);
  if (near) {
    const patch = group.flatMap(({ verdict, ports, peer = {} }) =>
      verdict.peerRule !== undefined
        ? ports.map(value => ({ op: 'add', path: `/spec/${rules}/${verdict.peerRule}/ports/-`, value }))
        : [{ op: 'add', path: `/spec/${rules}/${verdict.portRule}/${peers}/-`, value: peer }],
    );
    return [patchFix(ref, { patch, does: `Add what is missing to the rules of ${describeRef(ref)}` })];
  }
  const isolated = new Set(group.map(each => each.isolated));
  const [only] = isolated;
  const dnsOnly = group.every(({ isDns }) => isDns);
  if (only === undefined || (isolated.size > 1 && !dnsOnly)) return [];
  const name = dnsOnly
    ? 'allow-dns'
    : `allow-${direction === 'Egress' ? 'from' : 'to'}-${only.object.metadata.name}`;
  const manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: name.slice(0, 63).replace(/[-.]+$/, ''), namespace: policy.metadata.namespace },
    spec: {
      podSelector: dnsOnly ? { ...policy.spec?.podSelector } : { matchLabels: ownLabels(only) },
      policyTypes: [direction],
      [rules]: (dnsOnly ? group.slice(0, 1) : group).map(({ peer = {}, ports }) => ({ [peers]: [peer], ports })),
    },
  };
  if (JSON.stringify(manifest).length > mostManifestChars) return [];
  return [applyFix(manifest, `Let this path through by a policy of its own, ${name}`)];
}

/** The pods of a set as a rule names them. */
function peerOf(set: PodSet, { from, snapshot }: { from: PodSet; snapshot: Snapshot }): JsonObject {
  const podSelector = { matchLabels: ownLabels(set) };
  if (set.namespace === from.namespace) return { podSelector };
  const name = namespaceLabels(set.namespace, snapshot)['kubernetes.io/metadata.name'] ?? set.namespace;
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } }, podSelector };
}

/** What the workload itself knows its pods by; of others all their labels. */
function ownLabels({ object, labels }: PodSet): JsonObject {
  const selector = object.spec?.['selector'];
  const own =
    typeof selector === 'object' && selector !== null && !Array.isArray(selector)
      ? selector['matchLabels']
      : undefined;
  const chosen =
    typeof own === 'object' && own !== null && !Array.isArray(own) && Object.keys(own).length > 0
      ? own
      : labels;
  return { ...chosen };
}
