import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { pathTo } from '../../kubernetes/network-path.ts';
import { type Cluster, viewOf } from '../cluster.ts';
import { arePeersReady } from '../controllers/container-program.ts';
import { behaviourOf } from '../world.ts';
import { complain, optionsOf, type Process, type Program } from './program.ts';

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
      return arePeersReady(viewOf(cluster), { pod, container }) ? 200 : 503;
    },
  };
}

function reach({ cluster, pod }: Process, host: string, port: number): Reached {
  const end = pathTo(host, { port, from: pod, view: viewOf(cluster) });
  if (end.kind !== 'pod') return end;
  const listener = listenerOf(cluster, end.pod, end.port);
  return listener === undefined ? { kind: 'refused', address: end.address } : { kind: 'open', listener };
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
