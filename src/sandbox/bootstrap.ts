import type { KubeObject } from '../kubernetes/object.ts';
import { timestampAt } from '../kubernetes/timestamps.ts';
import facts from './bootstrap.json' with { type: 'json' };

/** What an API server makes in every new cluster: the roles for people, what everybody may ask, the highest priorities. */
export function bootstrapObjects(bornMs: number): KubeObject[] {
  // The JSON border: the file is ours.
  const objects = facts.objects as KubeObject[];
  return objects.map(object => ({
    ...object,
    metadata: { ...object.metadata, creationTimestamp: timestampAt(bornMs) },
  }));
}
