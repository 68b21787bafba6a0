import { type JsonObject, memberOf, textOf } from '../../core/json.ts';
import type { Container } from '../../kubernetes/kinds/pod.ts';
import { servicesBefore } from '../network/behind-service.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Declared } from './instances.ts';
import type { ProbeName } from './probe-kills.ts';

/** Where a probe asks. */
export interface ProbeTarget {
  by: 'httpGet' | 'tcpSocket' | 'grpc' | 'exec';
  /** As written: a number, or a name. */
  port?: number | string;
  path?: string;
  /** It asks another host than its pod. */
  elsewhere: boolean;
}

export const probeNames: readonly ProbeName[] = ['startup', 'liveness', 'readiness'];

/** Undefined: the container has no such probe. */
export function targetIn({ container }: Declared, probe: ProbeName): ProbeTarget | undefined {
  const written = container[`${probe}Probe`];
  return written === undefined ? undefined : targetOf(written);
}

function targetOf(probe: JsonObject): ProbeTarget | undefined {
  if (memberOf(probe, 'exec') !== undefined) return { by: 'exec', elsewhere: false };
  for (const by of ['httpGet', 'tcpSocket', 'grpc'] as const) {
    const way = memberOf(probe, by);
    if (way === undefined) continue;
    const { port } = way;
    return {
      by,
      elsewhere: textOf(way, 'host') !== '',
      ...(typeof port === 'number' || typeof port === 'string' ? { port } : {}),
      ...(by === 'httpGet' ? { path: textOf(way, 'path') || '/' } : {}),
    };
  }
  return undefined;
}

/** The number of a probe's port; undefined: it has a name that its container does not declare. */
export function portNumber({ port }: ProbeTarget, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  if (port !== undefined && /^\d{1,5}$/.test(port)) return Number(port);
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}

/** What the port of an HTTP probe is called, or is by custom; undefined: nothing tells. */
export function schemeOf(target: ProbeTarget, container: Container): 'HTTP' | 'HTTPS' | undefined {
  if (target.by !== 'httpGet') return undefined;
  const number = portNumber(target, container);
  const named = container.ports?.find(({ containerPort }) => containerPort === number)?.name ?? '';
  if (/^(?:https|tls|ssl)(?:-|$)|-(?:https|tls|ssl)$/.test(named)) return 'HTTPS';
  if (/^http(?:-|$)|-http$/.test(named)) return 'HTTP';
  return number === 443 || number === 8443 ? 'HTTPS' : number === 80 || number === 8080 ? 'HTTP' : undefined;
}

/** The ports of a whole pod, which its containers share. */
export function declaredPorts({ spec }: PodSet): Set<number> {
  return new Set(
    [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ ports = [] }) =>
      ports.map(({ containerPort }) => containerPort),
    ),
  );
}

/** The one port that a container serves, as far as that is written: it declares no other, or none and its services lead to one. */
export function servedPort(
  container: Container,
  { set, snapshot }: { set: PodSet; snapshot: Snapshot },
): number | undefined {
  const own = (container.ports ?? [])
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .map(({ containerPort }) => containerPort);
  const numbers = new Set(
    own.length > 0 || set.spec.containers.length > 1 ? own : portsOfServices(set, snapshot),
  );
  const [only] = numbers;
  return numbers.size === 1 ? only : undefined;
}

function portsOfServices(set: PodSet, snapshot: Snapshot): number[] {
  return servicesBefore(set, snapshot)
    .flatMap(({ spec }) => (spec.ports ?? []).map(({ port, targetPort = port }) => targetPort))
    .filter(port => typeof port === 'number');
}

/** Where a program says it listens: `listening on 0.0.0.0:8080`, `"msg":"listening","port":8080`. */
export function listeningPort(lines: readonly string[]): number | undefined {
  const ports = new Set(
    lines.flatMap(line => {
      const [, digits] =
        /\b(?:listening|listens|serving|started (?:server )?on|running (?:on|at))\b[^\n]{0,60}?(?::|port["':= ]{1,4})(\d{2,5})\b/i.exec(
          line.slice(0, 500),
        ) ?? [];
      return digits === undefined ? [] : [Number(digits)];
    }),
  );
  const [only] = ports;
  return ports.size === 1 && only !== undefined && only > 0 && only < 65_536 ? only : undefined;
}
