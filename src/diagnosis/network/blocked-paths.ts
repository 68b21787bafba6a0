import { isIPv4 } from 'node:net';
import type { JsonObject } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import type { NetworkPolicy } from '../../kubernetes/kinds/network.ts';
import {
  blockedBy,
  type Direction,
  isolates,
  type PathEnd,
  rulesOf,
  type Verdict,
} from '../../kubernetes/network-policy.ts';
import { refOf } from '../../kubernetes/object.ts';
import { readServiceHost } from '../../kubernetes/service-host.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';
import { connectionComplaints } from './connection-logs.ts';
import { namedAddresses } from './needed-paths.ts';
import { endOf, namespaceLabels, neededPaths, type Reason, targetsOf } from './policy-paths.ts';
import { peerOf } from './policy-peer.ts';

/** A path that one policy stops in one direction. */
export interface Blocked {
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
  why: Reason;
  isDns: boolean;
}

const dnsPort = 53;
const dnsLabels = { 'k8s-app': 'kube-dns' };
const dnsNamespace = 'kube-system';

/** By namespace. */
type Policies = ReadonlyMap<string, readonly NetworkPolicy[]>;

/** All needed paths that policies stop: to services, to the DNS of the cluster, and to the world. */
export function blockedIn(snapshot: Snapshot, policies: Policies): Blocked[] {
  return [
    ...blockedPaths(snapshot, policies),
    ...blockedDns(snapshot, policies),
    ...blockedOutside(snapshot, policies),
  ];
}

function blockedPaths(snapshot: Snapshot, policies: Policies): Blocked[] {
  const targets = new Map<string, ReturnType<typeof targetsOf>>();
  return neededPaths(snapshot).flatMap(need => {
    const { from, service, why } = need;
    if (from.spec.hostNetwork === true) return [];
    const key = `${service.metadata.namespace} ${service.metadata.name} ${need.port.port}`;
    const behind = targets.get(key) ?? targetsOf(need, snapshot);
    targets.set(key, behind);
    const end = endOf(from, { snapshot });
    return behind.flatMap(({ set: target, end: to, ...port }) => {
      // Its own replicas are another matter than its clients.
      if (target === from) return [];
      const path = { from: end, to, ...port };
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
      why: { at: `log of ${container}`, text: line, by: from.namespace },
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
  const candidates = isolatingOf(own, { direction, policies });
  if (candidates.length === 0) return [];
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

// One end has many paths, and in all of them the same policies.
const isolatingIn = new WeakMap<Policies, Map<string, Map<PathEnd['labels'], readonly NetworkPolicy[]>>>();

function isolatingOf(
  end: PathEnd,
  { direction, policies }: { direction: Direction; policies: Policies },
): readonly NetworkPolicy[] {
  const known =
    isolatingIn.get(policies) ?? new Map<string, Map<PathEnd['labels'], readonly NetworkPolicy[]>>();
  isolatingIn.set(policies, known);
  const byLabels = known.get(direction) ?? new Map<PathEnd['labels'], readonly NetworkPolicy[]>();
  known.set(direction, byLabels);
  let found = byLabels.get(end.labels);
  if (found === undefined) {
    found = policiesFor(end, policies).filter(policy => isolates(policy, { end, direction }));
    byLabels.set(end.labels, found);
  }
  return found;
}

interface Selecting {
  /** By the first label that they ask for. */
  byLabel: ReadonlyMap<string, readonly NetworkPolicy[]>;
  others: readonly NetworkPolicy[];
}

const selectingIn = new WeakMap<Policies, Map<string, Selecting>>();

/** The policies of the namespace that may select an end. Nearly each asks for a label, and has that of one workload. */
function policiesFor({ namespace, labels }: PathEnd, policies: Policies): readonly NetworkPolicy[] {
  const places = selectingIn.get(policies) ?? new Map<string, Selecting>();
  selectingIn.set(policies, places);
  const place = places.get(namespace) ?? selectingOf(policies.get(namespace) ?? []);
  places.set(namespace, place);
  return [
    ...place.others,
    ...Object.entries(labels).flatMap(([key, value]) => place.byLabel.get(`${key}=${value}`) ?? []),
  ];
}

function selectingOf(policies: readonly NetworkPolicy[]): Selecting {
  const groups = Map.groupBy(policies, ({ spec }) => {
    const [first] = Object.entries({ ...spec }.podSelector?.matchLabels ?? {});
    return first === undefined ? '' : first.join('=');
  });
  const others = groups.get('') ?? [];
  groups.delete('');
  return { byLabel: groups, others };
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
      why: { at: configMap === undefined ? at : `ConfigMap/${configMap} ${at}`, text, by: set.namespace },
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
