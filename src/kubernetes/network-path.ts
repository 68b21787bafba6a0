import { isIPv4 } from 'node:net';
import type { Service } from './kinds/network.ts';
import type { Pod } from './kinds/pod.ts';
import { ofKind } from './kinds.ts';
import type { ObjectView } from './object-view.ts';
import { slicesOf } from './service-address.ts';

/** Where a host and a port lead. unknown: no such name; unreachable: nobody has the address; refused: nobody listens. */
export type PathEnd =
  | { kind: 'unknown' }
  | { kind: 'refused' | 'unreachable'; address: string }
  | { kind: 'pod'; pod: Pod; port: number; address: string };

interface Way {
  port: number;
  /** Who asks. */
  from: Pod;
  view: ObjectView;
}

/** Follows a name or an address to the pod that would answer, through its service. Policies are not looked at. */
export function pathTo(host: string, { port, from, view }: Way): PathEnd {
  if (host === 'localhost' || host.startsWith('127.'))
    return { kind: 'pod', pod: from, port, address: '127.0.0.1' };
  const named = /^([a-z0-9-]+)(?:\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local)?)?)?\.?$/.exec(host);
  const [, name, namespace = from.metadata.namespace] = named ?? [];
  const service = ofKind(view.list('Service'), 'Service').find(({ metadata, spec }) =>
    isIPv4(host) ? spec.clusterIP === host : metadata.name === name && metadata.namespace === namespace,
  );
  if (service !== undefined) return through(service, { port, view });
  if (!isIPv4(host)) return { kind: 'unknown' };
  const pod = podAt(host, view);
  return pod === undefined
    ? { kind: 'unreachable', address: host }
    : { kind: 'pod', pod, port, address: host };
}

function through(service: Service, { port, view }: Omit<Way, 'from'>): PathEnd {
  const { clusterIP: address = '', ports = [] } = service.spec;
  const asked = ports.find(each => each.port === port);
  for (const slice of slicesOf(service, view)) {
    const [ip] = slice.endpoints?.find(each => each.conditions?.ready !== false)?.addresses ?? [];
    const pod = ip === undefined ? undefined : podAt(ip, view);
    if (ip === undefined || pod === undefined) continue;
    // A service without an address of its own is the addresses of its pods, and the port is theirs.
    if (address === 'None') return { kind: 'pod', pod, port, address: ip };
    const target = slice.ports?.find(each => (each.name ?? '') === (asked?.name ?? ''))?.port;
    if (asked !== undefined && target !== undefined) return { kind: 'pod', pod, port: target, address };
  }
  return address === 'None' ? { kind: 'unknown' } : { kind: 'refused', address };
}

function podAt(ip: string, view: ObjectView): Pod | undefined {
  return ofKind(view.list('Pod'), 'Pod').find(each => each.status?.podIP === ip);
}
