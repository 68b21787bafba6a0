import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { selectorText } from '../../kubernetes/selectors.ts';

/** The pods a workload selects, for its health; empty for kinds that select none. */
export async function podsOf(object: KubeObject, reader: KubeReader): Promise<KubeObject[]> {
  const selector = object.spec?.['selector'];
  const { namespace } = object.metadata;
  const labelSelector = isObject(selector) ? selectorText(selector) : '';
  if (labelSelector === '' || namespace === undefined) return [];
  try {
    const page = await reader.list({ kind: 'Pod', namespace, labelSelector, limit: limits.listPage });
    return page.items;
  } catch (error) {
    // Whoever may change a workload but not see its pods still has what the workload says of itself.
    if (error instanceof VigieError && error.code === 'FORBIDDEN') return [];
    throw error;
  }
}
