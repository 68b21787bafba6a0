import { isObject, type JsonObject } from '../../core/json.ts';
import { differences } from '../../core/json-diff.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { withoutDrawnNames } from './drawn-names.ts';

const serverKept = ['managedFields', 'resourceVersion', 'generation', 'creationTimestamp', 'uid', 'selfLink'];
// Servers, controllers and kubectl write these as they go; they say nothing about what a change does.
const bookkeeping = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
];

/** An object without what the server keeps for itself: what two readings are compared by and a person is shown. */
export function comparable(object: KubeObject): JsonObject {
  const { status: _status, ...rest } = object as JsonObject;
  const metadata = isObject(rest['metadata']) ? { ...rest['metadata'] } : {};
  for (const key of serverKept) delete metadata[key];
  if (isObject(metadata['annotations'])) {
    const kept = Object.entries(metadata['annotations']).filter(([key]) => !bookkeeping.includes(key));
    if (kept.length === 0) delete metadata['annotations'];
    else metadata['annotations'] = Object.fromEntries(kept);
  }
  return withoutDrawnNames({ ...rest, metadata });
}

// A dry run of a Service answers with the same address each time, one that is never given out, and with no node port.
const allocated = ['/spec/clusterIP', '/spec/clusterIPs', '/spec/healthCheckNodePort'];

/** Where two dry runs of one change disagree: what the server or a webhook draws anew each time, or only then. */
export function volatilePaths(first: JsonObject | undefined, second: JsonObject | undefined): string[] {
  const drawn = differences(first, second).map(({ path }) => path);
  return first?.['kind'] === 'Service' ? [...new Set([...drawn, ...allocated, ...nodePorts(first)])] : drawn;
}

/** The place of each port's node port: by the port's name where it has one, as differences are. */
function nodePorts({ spec }: JsonObject): string[] {
  const ports = isObject(spec) && Array.isArray(spec['ports']) ? spec['ports'] : [];
  return ports.map((port, index) => {
    const name = isObject(port) && typeof port['name'] === 'string' ? port['name'] : String(index);
    return `/spec/ports/${name}/nodePort`;
  });
}
