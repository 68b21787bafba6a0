import { isKind } from './kinds.ts';
import type { KubeObject } from './object.ts';

/**
 * The metadata of an object after a write of its status: what it was, but for the annotations of a Deployment, which a server
 * takes from there too. So its controller marks the revision, and who looks for changes of what is wanted finds none.
 */
export function metadataAfterStatus(live: KubeObject, written: KubeObject): KubeObject['metadata'] {
  if (!isKind(written, 'Deployment')) return live.metadata;
  const { annotations: _old, ...metadata } = live.metadata;
  const { annotations } = written.metadata;
  return annotations === undefined ? metadata : { ...metadata, annotations };
}
