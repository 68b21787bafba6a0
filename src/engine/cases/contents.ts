import { canonicalJson } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { findByRef } from '../../sandbox/cluster.ts';
import { storageOf } from '../../sandbox/resource.ts';
import type { Sandbox } from '../../sandbox/server.ts';

/** What every object says beside its metadata and status, by kind, namespace and name. */
export function contentsOf({ cluster }: Sandbox): Map<string, string> {
  const contents = new Map<string, string>();
  const seen = new Set<string>();
  for (const resource of cluster.resources.all()) {
    const storage = storageOf(resource);
    if (seen.has(storage)) continue;
    seen.add(storage);
    for (const object of cluster.state.list(storage)) {
      const { name, namespace } = object.metadata;
      contents.set(
        keyOf({ kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) }),
        contentOf(object),
      );
    }
  }
  return contents;
}

/** The same of one object now; undefined: it is not there. */
export function contentNow({ cluster }: Sandbox, ref: Ref): string | undefined {
  const object = findByRef(cluster, ref);
  return object === undefined ? undefined : contentOf(object);
}

export function keyOf({ kind, name, namespace = '' }: Ref): string {
  return `${kind}/${namespace}/${name}`;
}

function contentOf({ apiVersion: _a, metadata: _m, status: _s, ...rest }: KubeObject): string {
  return canonicalJson(rest);
}
