import type { K8sDelete } from '../../core/change.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import type { KubeObject } from '../../kubernetes/object.ts';

/** Changes a cluster. Nothing is ever sent twice. */
export class KubeWriter {
  apply(input: {
    manifest: KubeObject;
    force: boolean;
    uid?: string;
    resourceVersion?: string;
    mustCreate?: boolean;
  }): Promise<KubeObject> {
    throw new Error(input.manifest.kind);
  }
  patch(input: {
    target: Ref;
    patch: JsonObject;
    subresource?: 'scale';
    uid: string;
    resourceVersion: string;
  }): Promise<KubeObject> {
    throw new Error(input.target.kind);
  }
  delete(input: {
    target: Ref;
    uid: string;
    resourceVersion?: string;
    propagation: K8sDelete['propagation'];
    gracePeriodSeconds?: number;
  }): Promise<void> {
    throw new Error(input.target.kind);
  }
}
