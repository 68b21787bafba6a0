import type { EndpointSlice, Service } from './kinds/network.ts';
import { ofKind } from './kinds.ts';
import { findIn, type ObjectView } from './object-view.ts';

/** A service as a program is told where it is. */
export interface ServiceAddress {
  /** As it was written: what a resolver is asked for. */
  host: string;
  name: string;
  namespace: string;
  /** Undefined: any. */
  port: number | undefined;
}

/** Ports that an address leaves out. Any other scheme: no port is asked for. */
const portOfScheme = new Map([
  ['http', 80],
  ['https', 443],
  ['postgres', 5432],
  ['postgresql', 5432],
  ['redis', 6379],
  ['mysql', 3306],
]);

/**
 * The service that an address names: `http://name.namespace.svc:8080/path`, `name:5432`, `name`. Undefined for a host
 * outside the cluster, which always answers: an address of numbers, or a name of three parts and more without `svc`.
 */
export function readAddress(text: string, ownNamespace: string): ServiceAddress | undefined {
  const found = /^(?:(\w+):\/\/)?(?:[^@/]*@)?([a-z0-9.-]+?)\.?(?::(\d+))?(?:[/?].*)?$/.exec(text);
  const [, scheme = '', host = '', port] = found ?? [];
  const [name = '', namespace = ownNamespace, zone, ...rest] = host.split('.');
  const inside = zone === undefined || (zone === 'svc' && ['', 'cluster.local'].includes(rest.join('.')));
  if (!inside || /^[\d.]*$/.test(host)) return undefined;
  return { host, name, namespace, port: port === undefined ? portOfScheme.get(scheme) : Number(port) };
}

/** Whether somebody would answer there: the service has the port, and a ready endpoint behind it. */
export function isServed({ name, namespace, port }: ServiceAddress, view: ObjectView): boolean {
  const service = findIn(view, 'Service', { namespace, name });
  if (service === undefined || !offers(service, port)) return false;
  return slicesOf(service, view).some(slice =>
    slice.endpoints?.some(each => each.conditions?.ready === true),
  );
}

/** Whether a resolver knows the name. */
export function isKnown({ name, namespace }: ServiceAddress, view: ObjectView): boolean {
  return findIn(view, 'Service', { namespace, name }) !== undefined;
}

function offers({ spec }: Service, port: number | undefined): boolean {
  return port === undefined || (spec.ports ?? []).some(each => each.port === port);
}

/** Where the traffic of a service goes, as its nodes know it. */
export function slicesOf({ metadata }: Service, view: ObjectView): EndpointSlice[] {
  const slices = ofKind(view.list('EndpointSlice', metadata.namespace), 'EndpointSlice');
  return slices.filter(slice => serviceOf(slice) === metadata.name);
}

/** The service whose endpoints a slice lists. */
export function serviceOf({ metadata }: EndpointSlice): string {
  return metadata.labels?.['kubernetes.io/service-name'] ?? '';
}
