import { type JsonObject, memberOf } from '../../core/json.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';
import { namespaceLabels } from './policy-paths.ts';

/** The pods of a set as a rule names them. */
export function peerOf(set: PodSet, { from, snapshot }: { from: PodSet; snapshot: Snapshot }): JsonObject {
  const podSelector = { matchLabels: ownLabels(set) };
  if (set.namespace === from.namespace) return { podSelector };
  const name = namespaceLabels(set.namespace, snapshot)['kubernetes.io/metadata.name'] ?? set.namespace;
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } }, podSelector };
}

/** What the workload itself knows its pods by; of others all their labels. */
export function ownLabels({ object, labels }: PodSet): JsonObject {
  const own = memberOf(object.spec?.['selector'], 'matchLabels') ?? {};
  return Object.keys(own).length > 0 ? { ...own } : { ...labels };
}
