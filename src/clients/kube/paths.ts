import { VigieError } from '../../core/errors.ts';
import { splitApiVersion } from '../../kubernetes/object.ts';
import type { ResourceKind } from './resource-kind.ts';

/*
 * A path of the API is built from segments, never from text: a name such as `web?fieldManager=x#` would cut the
 * dry-run parameter off, and `..` (encoded or not) is folded into another path by URL parsers.
 */

/** Where a request goes, and what of the cluster it concerns. Only the functions of this file make one. */
export interface ApiPath {
  readonly text: string;
  /** `server`: no object (discovery, version, reviews). `every-namespace`: a list over all of them. */
  readonly scope: 'server' | 'cluster' | 'namespace' | 'every-namespace';
  readonly namespace: string | undefined;
}

/** The query of a request, in the order it is sent. */
export type Query = readonly (readonly [name: string, value: string])[];

// The characters of a path segment that no URL parser rewrites. Names of Kubernetes objects need no others.
const plainSegment = /^[A-Za-z0-9._~!$&'()*+,;=:@-]+$/;

// The longest name the API allows is 253 characters; nothing longer is a name.
const segmentChars = 253;

/** @throws VigieError INVALID_INPUT when the segment could reach another path than the one meant. */
function checkSegment(segment: string): string {
  if (segment === '.' || segment === '..' || segment.length > segmentChars || !plainSegment.test(segment)) {
    throw new VigieError(
      'INVALID_INPUT',
      `${JSON.stringify(segment.slice(0, 80))} cannot be a name in the Kubernetes API`,
      {
        hint: 'Names are letters, digits, "-" and "."; give the plain name of one object.',
      },
    );
  }
  return segment;
}

function join(segments: readonly string[]): string {
  return `/${segments.map(checkSegment).join('/')}`;
}

/** A path that concerns no object: `serverPath('apis', 'apps', 'v1')`. */
export function serverPath(...segments: string[]): ApiPath {
  return { text: join(segments), scope: 'server', namespace: undefined };
}

/** The collection, object or subresource of one kind. A namespaced kind without a namespace means all namespaces. */
export function resourcePath(
  kind: ResourceKind,
  at: { namespace?: string | undefined; name?: string; subresource?: string },
): ApiPath {
  const { group, version } = splitApiVersion(kind.apiVersion);
  const namespace = kind.namespaced ? at.namespace : undefined;
  const text = join([
    ...(group === '' ? ['api', version] : ['apis', group, version]),
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    kind.resource,
    ...(at.name === undefined ? [] : [at.name]),
    ...(at.subresource === undefined ? [] : [at.subresource]),
  ]);
  if (!kind.namespaced) return { text, scope: 'cluster', namespace: undefined };
  return { text, scope: namespace === undefined ? 'every-namespace' : 'namespace', namespace };
}

/** What a path of the API names. */
export interface Location {
  group: string;
  version: string;
  namespace: string | undefined;
  resource: string;
  name: string | undefined;
  subresource: string | undefined;
}

/** Reads a path back, as the API server would; undefined for one that names no resource (`/version`, `/apis/apps/v1`). */
export function locate(pathname: string): Location | undefined {
  const [root, ...parts] = pathname.slice(1).split('/');
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : parts.shift();
  const version = parts.shift();
  const first = parts.shift();
  if (group === undefined || version === undefined || first === undefined) return undefined;
  const [second, third, ...rest] = parts;
  // /namespaces/NAME and its own subresources concern the Namespace; a longer path goes into it.
  const inside = first === 'namespaces' && third !== undefined && !namespaceSubresources.includes(third);
  if (!inside) {
    return {
      group,
      version,
      namespace: undefined,
      resource: first,
      name: second,
      subresource: tail([third, ...rest]),
    };
  }
  const [name, ...below] = rest;
  return { group, version, namespace: second, resource: third, name, subresource: tail(below) };
}

const namespaceSubresources = ['status', 'finalize'];

function tail(parts: readonly (string | undefined)[]): string | undefined {
  const text = parts.filter(part => part !== undefined).join('/');
  return text === '' ? undefined : text;
}
