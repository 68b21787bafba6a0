import { isObject, type JsonObject, plainText } from '../../core/json.ts';
import type { Container } from '../kinds/pod.ts';
import { containerResources } from '../pod-needs.ts';

const mebi = 1_048_576n * 1_000_000_000n;

/** Of memory, in Mi; undefined: none. */
export function limitMi(container: Container): number | undefined {
  const { limits } = containerResources(container, 'memory');
  return limits === undefined ? undefined : Number(limits) / Number(mebi);
}

/** Of memory, in Mi; undefined: none. */
export function requestMi(container: Container): number | undefined {
  const { requests } = containerResources(container, 'memory');
  return requests === 0n ? undefined : Number(requests) / Number(mebi);
}

/** The names of a container's own variables. */
export function variablesOf(container: Container | undefined): string[] {
  return (container?.env ?? []).map(each => plainText(each['name'])).filter(name => name !== '');
}

export function declaredPorts({ ports = [] }: Container): number[] {
  return ports.map(each => each.containerPort);
}

export function probesOf({ readinessProbe, livenessProbe, startupProbe }: Container): JsonObject[] {
  return [readinessProbe, livenessProbe, startupProbe].filter(each => each !== undefined);
}

export function probePorts(container: Container): number[] {
  return probesOf(container).flatMap(probe => portsOf(container, probe));
}

/** The port at which a probe asks, by number; none for a name that no port has. */
export function portsOf({ ports = [] }: Container, probe: JsonObject | undefined): number[] {
  return ['httpGet', 'tcpSocket', 'grpc'].flatMap(way => {
    const asked = probe?.[way];
    const port = isObject(asked) ? asked['port'] : undefined;
    if (typeof port === 'number') return [port];
    return ports.filter(each => each.name === port && port !== undefined).map(each => each.containerPort);
  });
}

/** The path for which a probe asks over HTTP, without its query. */
export function httpPaths(probe: JsonObject | undefined): string[] {
  const http = probe?.['httpGet'];
  return isObject(http) ? [`/${plainText(http['path'] ?? '').replace(/^\//, '')}`.replace(/\?.*$/, '')] : [];
}
