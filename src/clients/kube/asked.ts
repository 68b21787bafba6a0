import type { Asked } from './failure.ts';
import type { ResourceKind } from './resource-kind.ts';

/** What is asked about many objects of a kind, for messages: `list pods in shop`. */
export function askedOfMany(
  kind: ResourceKind,
  { verb, namespace }: { verb: 'list' | 'watch'; namespace: string | undefined },
): Asked {
  const what = namespace === undefined ? kind.resource : `${kind.resource} in ${namespace}`;
  return { verb, what, resource: kind.resource, namespace, secret: kind.kind === 'Secret' };
}
