import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { LabelSelector } from './kinds/label-selector.ts';
import type { NetworkPolicy, PolicyPeer, PolicyPort } from './kinds/network.ts';
import { matchesLabels, requirementsOf } from './selectors.ts';

// Which traffic network policies let through, by the rules of the API: policies add up, a pod that none selects in a
// direction is open in it, and both ends must agree. Traffic between a node and its own pods always passes.

export type Direction = 'Ingress' | 'Egress';

/** Pods of one shape, as one end of a path. */
export interface PathEnd {
  namespace: string;
  namespaceLabels: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  /** Those known; none: nobody knows them. */
  addresses: readonly string[];
}

/** What a connection looks like to a policy: the port of the pod, not of its service. */
export interface Path {
  from: PathEnd;
  to: PathEnd;
  port: number;
  /** What the pods of `to` call the port. */
  portName?: string;
  protocol: string;
}

/** How near a policy comes to letting a path through. */
export interface Verdict {
  policy: NetworkPolicy;
  /** The first rule that names the other end, but not this port. */
  peerRule?: number;
  /** The first rule that names this port in so many words, but not the other end. */
  portRule?: number;
}

/** The policies that stop a path in a direction, or undefined where it passes. */
export function blockedBy(
  path: Path,
  { direction, policies }: { direction: Direction; policies: readonly NetworkPolicy[] },
): Verdict[] | undefined {
  const [own, other] = direction === 'Ingress' ? [path.to, path.from] : [path.from, path.to];
  const isolating = policies.filter(policy => isolates(policy, { end: own, direction }));
  if (isolating.length === 0) return undefined;
  const verdicts: Verdict[] = [];
  for (const policy of isolating) {
    const verdict: Verdict = { policy };
    for (const [index, { peers, ports }] of rulesOf(policy, direction).entries()) {
      const peerFits =
        peers.length === 0 || peers.some(peer => isPeer(other, { peer, namespace: own.namespace }));
      const portFits = ports.length === 0 || ports.some(port => isPort(path, port));
      if (peerFits && portFits) return undefined;
      if (peerFits) verdict.peerRule ??= index;
      if (portFits && ports.length > 0) verdict.portRule ??= index;
    }
    verdicts.push(verdict);
  }
  return verdicts;
}

/** Whether a policy is about pods: it then lets nothing through in the direction but what its rules name. */
export function isolates(
  policy: NetworkPolicy,
  { end, direction }: { end: PathEnd; direction: Direction },
): boolean {
  return (
    policy.metadata.namespace === end.namespace &&
    directionsOf(policy).includes(direction) &&
    selects(specOf(policy).podSelector, end.labels)
  );
}

/** Absent types mean ingress, and egress where there are rules for it. */
export function directionsOf(policy: NetworkPolicy): readonly string[] {
  const { policyTypes = [], egress = [] } = specOf(policy);
  if (policyTypes.length > 0) return policyTypes;
  return egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

export function rulesOf(
  policy: NetworkPolicy,
  direction: Direction,
): readonly { peers: readonly PolicyPeer[]; ports: readonly PolicyPort[] }[] {
  const { ingress = [], egress = [] } = specOf(policy);
  return direction === 'Ingress'
    ? ingress.map(({ from = [], ports = [] }) => ({ peers: from, ports }))
    : egress.map(({ to = [], ports = [] }) => ({ peers: to, ports }));
}

/** A file may hold one without a spec: it selects every pod of its namespace. */
function specOf({ spec }: NetworkPolicy): NetworkPolicy['spec'] {
  return { ...spec };
}

/** An empty selector is everything. */
function selects(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean {
  return matchesLabels(requirementsOf(selector ?? {}), labels);
}

function isPeer(end: PathEnd, { peer, namespace }: { peer: PolicyPeer; namespace: string }): boolean {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (ipBlock !== undefined) return isIn(end.addresses, ipBlock);
  if (namespaceSelector === undefined) {
    if (podSelector === undefined || end.namespace !== namespace) return false;
  } else if (!selects(namespaceSelector, end.namespaceLabels)) return false;
  return podSelector === undefined || selects(podSelector, end.labels);
}

function isPort({ port, portName, protocol }: Path, wanted: PolicyPort): boolean {
  if ((wanted.protocol ?? 'TCP') !== protocol) return false;
  if (wanted.port === undefined) return true;
  if (typeof wanted.port === 'string') return wanted.port === portName;
  return port >= wanted.port && port <= (wanted.endPort ?? wanted.port);
}

/** Pods live in private address space: of pods whose addresses nobody knows, that much is known. */
const privateBlocks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

function isIn(
  addresses: readonly string[],
  { cidr, except = [] }: { cidr: string; except?: string[] },
): boolean {
  const inside = blockOf(cidr);
  if (inside === undefined) return false;
  if (addresses.length > 0) {
    const outside = except.flatMap(each => blockOf(each) ?? []);
    return addresses.some(address => inside.has(address) && !outside.some(block => block.has(address)));
  }
  // In doubt it passes: only a block that can hold no pod, or leaves all of them out, is known to hold none.
  const spared = except.flatMap(each => blockOf(each) ?? []);
  return privateBlocks.some(block => {
    const [base = ''] = block.split('/');
    const overlaps = inside.has(base) || (blockOf(block)?.has(inside.base) ?? false);
    return overlaps && !spared.some(each => each.has(base) && each.prefix <= Number(block.split('/')[1]));
  });
}

interface Block {
  base: string;
  prefix: number;
  has(address: string): boolean;
}

/** Undefined for what is no block of addresses. */
function blockOf(cidr: string): Block | undefined {
  const [base = '', digits = ''] = cidr.split('/');
  const prefix = Number(digits);
  const family = isIPv4(base) ? 'ipv4' : isIPv6(base) ? 'ipv6' : undefined;
  if (family === undefined || !/^\d{1,3}$/.test(digits) || prefix > (family === 'ipv4' ? 32 : 128))
    return undefined;
  const list = new BlockList();
  list.addSubnet(base, prefix, family);
  return {
    base,
    prefix,
    has: address => {
      const own = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
      return own !== undefined && list.check(address, own);
    },
  };
}
