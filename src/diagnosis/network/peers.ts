import type { Ref } from '../../core/ref.ts';
import { addressesIn } from '../../kubernetes/addresses-in-text.ts';
import { readConnectionFailure } from '../../kubernetes/connection-failure.ts';
import { refOf } from '../../kubernetes/object.ts';
import { readServiceHost } from '../../kubernetes/service-host.ts';
import type { PodSet } from '../pod-sets.ts';
import { nearNames } from '../slip.ts';
import { keyOf, type Snapshot } from '../snapshot.ts';
import { serviceAt } from './connection-logs.ts';
import { type NamedAddress, namedAddresses } from './needed-paths.ts';

/** What a text says a container talks to, as far as it can be a service of the cluster. */
export interface Peer {
  /** As written. */
  host: string;
  service: Ref;
  /** There is no such service, though services were read. */
  missing: boolean;
  /** Services with nearly its name. */
  near: readonly string[];
}

interface Place {
  snapshot: Snapshot;
  /** Whose container it is. */
  set: PodSet;
}

// Words before a name that was not found.
const beforeName =
  /(?:\blookup|ENOTFOUND|EAI_AGAIN|host name|UnknownHostException:|bad address|resolve(?: host)?:?|can't find|getaddrinfo(?: for)?|no such host:?) ["'`]?([A-Za-z0-9][A-Za-z0-9.-]{0,252})/g;

/** The services that a line of a log, or of a script, is about. */
export function peersIn(text: string, place: Place): Peer[] {
  const hosts = new Set([
    ...addressesIn(text).map(({ host }) => host),
    ...failedHosts(text),
    ...[...text.matchAll(beforeName)].map(([, host = '']) => host.replace(/[.-]+$/, '')),
    // `the host in DATABASE_URL`: what the variable holds.
    ...(text.match(/\b[A-Z][A-Z0-9_]{2,60}\b/g) ?? []).flatMap(name => hostsOfVariable(name, place)),
  ]);
  const peers = [...hosts].flatMap(host => peerOf(host, place) ?? []);
  return peers.slice(0, mostPeers);
}

function failedHosts(text: string): string[] {
  const host = readConnectionFailure(text)?.host;
  return host === undefined ? [] : [host];
}

// A line about more is no line about one of them.
const mostPeers = 4;

function peerOf(host: string, { snapshot, set: { namespace } }: Place): Peer | undefined {
  const known = serviceAt(host, { snapshot, namespace });
  if (known !== undefined) return { host, service: refOf(known), missing: false, near: [] };
  const [first] = readServiceHost(host, namespace);
  // A dotted name may be one of the world outside, unless its end is a namespace.
  if (first === undefined || (first.form === 'dotted' && !isNamespace(first.namespace, snapshot)))
    return undefined;
  const ref: Ref = { kind: 'Service', name: first.service, namespace: first.namespace };
  if (!snapshot.lacks(ref)) return undefined;
  const names = snapshot.list('Service', first.namespace).map(({ metadata }) => metadata.name);
  return { host, service: ref, missing: true, near: nearNames(first.service, names) };
}

function isNamespace(name: string, snapshot: Snapshot): boolean {
  return snapshot.get({ kind: 'Namespace', name }) !== undefined;
}

function hostsOfVariable(name: string, { set, snapshot }: Place): string[] {
  return addressesOf(set, snapshot).flatMap(({ variable, host }) => (variable === name ? [host] : []));
}

/** The services that a container's settings name: where one of them is broken, it may be why the container is. */
export function settingsPeers(container: string, { snapshot, set }: Place): Ref[] {
  const found = addressesOf(set, snapshot).flatMap(address => {
    const isOwn = address.container === container;
    const service = isOwn ? serviceAt(address.host, { snapshot, namespace: set.namespace }) : undefined;
    return service === undefined ? [] : [refOf(service)];
  });
  return distinct(found).slice(0, mostPeers);
}

/** Each service once. */
export function distinct(refs: readonly Ref[]): Ref[] {
  return [...new Map(refs.map(ref => [keyOf(ref), ref])).values()];
}

const bySet = new WeakMap<Snapshot, Map<PodSet, NamedAddress[]>>();

function addressesOf(set: PodSet, snapshot: Snapshot): readonly NamedAddress[] {
  const known = bySet.get(snapshot) ?? Map.groupBy(namedAddresses(snapshot), address => address.set);
  bySet.set(snapshot, known);
  return known.get(set) ?? [];
}
