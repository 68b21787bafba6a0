import { isIPv4 } from 'node:net';
import type { EndpointSlice, Service } from '../../kubernetes/kinds/network.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { Cluster } from '../cluster.ts';
import { arePeersReady, serviceOf } from '../controllers/container-program.ts';
import { behaviourOf } from '../world.ts';
import { complain, optionsOf, type Process, type Program } from './program.ts';
import { sourceOf } from './surroundings.ts';

/** The programs that reach out of a container. Beyond the cluster there is nothing, and no name of it resolves. */
export const network = { wget, curl, nc } satisfies Record<string, Program>;

/** What a name and a port lead to. */
type Reached =
  | { kind: 'unknown' }
  | { kind: 'refused' | 'unreachable'; address: string }
  | { kind: 'open'; listener: Listener };

/** A program that takes connections, and how it answers a path over HTTP: as its probes find it. */
export interface Listener {
  statusOf(path: string): 200 | 404 | 503;
}

/** What listens on a port of a pod; undefined: nothing does. */
export function listenerOf(cluster: Cluster, pod: Pod, port: number): Listener | undefined {
  const container = pod.spec.containers.find(({ name, image = '' }) => {
    const status = pod.status?.containerStatuses?.find(each => each.name === name);
    const { ports, startSeconds } = behaviourOf(cluster.world, image);
    const startedMs = Date.parse(status?.state?.running?.startedAt ?? '');
    return cluster.clock.now() >= startedMs + startSeconds * 1_000 && ports?.includes(port) !== false;
  });
  if (container === undefined) return undefined;
  const { healthPath } = behaviourOf(cluster.world, container.image ?? '');
  return {
    statusOf(path) {
      if (healthPath !== undefined && path.split('?')[0] !== healthPath) return 404;
      return arePeersReady(sourceOf(cluster), { pod, container }) ? 200 : 503;
    },
  };
}

function reach({ cluster, pod }: Process, host: string, port: number): Reached {
  const pods = ofKind(cluster.state.list('/pods'), 'Pod');
  const at = (found: Pod, address: string, target = port): Reached => {
    const listener = listenerOf(cluster, found, target);
    return listener === undefined ? { kind: 'refused', address } : { kind: 'open', listener };
  };
  if (host === 'localhost' || host.startsWith('127.')) return at(pod, '127.0.0.1');
  const named = /^([a-z0-9-]+)(?:\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local)?)?)?\.?$/.exec(host);
  const [, name, namespace = pod.metadata.namespace] = named ?? [];
  const service = ofKind(cluster.state.list('/services'), 'Service').find(({ metadata, spec }) =>
    isIPv4(host) ? spec.clusterIP === host : metadata.name === name && metadata.namespace === namespace,
  );
  const podAt = (ip: string): Pod | undefined => pods.find(each => each.status?.podIP === ip);
  if (service === undefined) {
    if (!isIPv4(host)) return { kind: 'unknown' };
    const found = podAt(host);
    return found === undefined ? { kind: 'unreachable', address: host } : at(found, host);
  }
  const { clusterIP: address = '', ports = [] } = service.spec;
  const headless = address === 'None';
  const asked = ports.find(each => each.port === port);
  for (const slice of slicesOf(cluster, service)) {
    const [ip] = slice.endpoints?.find(each => each.conditions?.ready !== false)?.addresses ?? [];
    const found = ip === undefined ? undefined : podAt(ip);
    if (ip === undefined || found === undefined) continue;
    // A service without an address of its own is the addresses of its pods, and the port is theirs.
    if (headless) return at(found, ip);
    const target = slice.ports?.find(each => (each.name ?? '') === (asked?.name ?? ''))?.port;
    if (asked !== undefined && target !== undefined) return at(found, address, target);
  }
  return headless ? { kind: 'unknown' } : { kind: 'refused', address };
}

/** Where the traffic of a service goes, as its nodes know it. */
function slicesOf(cluster: Cluster, { metadata }: Service): EndpointSlice[] {
  const slices = sourceOf(cluster).list('EndpointSlice', metadata.namespace);
  return ofKind(slices, 'EndpointSlice').filter(slice => serviceOf(slice) === metadata.name);
}

interface Asked {
  host: string;
  port: number;
  path: string;
}

function askedOf(word: string): Asked | undefined {
  const text = /^[a-z]+:\/\//.test(word) ? word : `http://${word}`;
  if (!URL.canParse(text)) return undefined;
  const { hostname, port, pathname, search, protocol } = new URL(text);
  return {
    host: hostname,
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    path: pathname + search,
  };
}

/** The whole answer of the program to one request, after which it hangs up. */
export function answerOf(listener: Listener, path: string): string {
  const status = listener.statusOf(path);
  const body = bodies[status];
  return `HTTP/1.1 ${status} ${phrases[status]}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
}

const bodies = { 200: 'ok\n', 404: 'not found\n', 503: 'unavailable\n' };
const phrases = { 200: 'OK', 404: 'Not Found', 503: 'Service Unavailable' };

const troubles = { refused: 'Connection refused', unreachable: 'Host is unreachable' };

function wget(process: Process): number {
  const asked = askedOf(process.args.at(-1) ?? '');
  if (asked === undefined || !process.args.some(arg => /^-q?O-?$/.test(arg)))
    return complain(process, 'wget: the sandbox knows wget -qO- URL alone');
  const found = reach(process, asked.host, asked.port);
  if (found.kind === 'unknown') return complain(process, `wget: bad address '${asked.host}'`);
  if (found.kind !== 'open')
    return complain(
      process,
      `wget: can't connect to remote host (${found.address}): ${troubles[found.kind]}`,
    );
  const status = found.listener.statusOf(asked.path);
  if (status !== 200)
    return complain(process, `wget: server returned error: HTTP/1.1 ${status} ${phrases[status]}`);
  process.out(bodies[status]);
  return 0;
}

function curl(process: Process): number {
  const { letters, rest } = optionsOf(process.args);
  const asked = rest.length === 1 ? askedOf(rest[0] ?? '') : undefined;
  const fail = (status: number, why: string): number => {
    if (!letters.includes('s') || letters.includes('S')) process.error(`curl: (${status}) ${why}\n`);
    return status;
  };
  if (asked === undefined || /[^sSfLk]/.test(letters))
    return fail(2, 'the sandbox knows curl URL with the options -s -S -f -L -k before it alone');
  const { host, port, path } = asked;
  const found = reach(process, host, port);
  if (found.kind === 'unknown') return fail(6, `Could not resolve host: ${host}`);
  if (found.kind !== 'open')
    return fail(7, `Failed to connect to ${host} port ${port} after 0 ms: Could not connect to server`);
  const status = found.listener.statusOf(path);
  if (status !== 200 && letters.includes('f')) return fail(22, `The requested URL returned error: ${status}`);
  process.out(bodies[status]);
  return 0;
}

/** `nc -z HOST PORT`: whether something listens there. */
function nc(process: Process): number {
  const { letters, rest } = optionsOf(process.args);
  const [host = '', port = ''] = rest;
  if (!letters.includes('z')) return complain(process, 'nc: the sandbox only knows nc -z HOST PORT');
  const found = reach(process, host, Number(port));
  if (found.kind === 'unknown') return complain(process, `nc: bad address '${host}'`);
  return found.kind === 'open' ? 0 : complain(process, `nc: ${host}: ${troubles[found.kind]}`);
}
