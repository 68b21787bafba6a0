import type { K8sDelete } from '../../core/change.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import type { KubeObject } from '../../kubernetes/object.ts';

/** What the server says a write would leave behind. */
export interface DryRun {
  /** Undefined after a delete, and whenever nothing was sent. */
  object: KubeObject | undefined;
  /** True when the server itself tried it; else why it could not. */
  checked: true | string;
}

/** Asks the server what a change would do. The only sender of dry runs. */
export class KubePreviewer {
  apply(input: { manifest: KubeObject; force: boolean; mustCreate?: boolean }): Promise<DryRun> {
    throw new Error(input.manifest.kind);
  }
  patch(input: { target: Ref; patch: JsonObject; subresource?: 'scale' }): Promise<DryRun> {
    throw new Error(input.target.kind);
  }
  delete(input: {
    target: Ref;
    uid: string;
    propagation: K8sDelete['propagation'];
    gracePeriodSeconds?: number;
  }): Promise<DryRun> {
    throw new Error(input.target.kind);
  }
}
