import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { fetchObject } from '../cluster.ts';
import type { Resource } from '../resource.ts';
import { badRequest, notFound } from '../status.ts';
import { chooseShown } from './accept.ts';
import { type Exchange, sendText } from './exchange.ts';
import { includeOf, tableText } from './table-view.ts';
import { metadataText, objectText } from './text.ts';

/** The one object that a URL names. */
export interface ObjectTarget {
  resource: Resource;
  namespace: string | undefined;
  name: string;
}

/** The pod of a target; NotFound as the server says it. */
export function fetchPod({ cluster }: Exchange, target: ObjectTarget): Pod {
  const pod = fetchObject(cluster, target);
  if (!isKind(pod, 'Pod')) throw notFound(target.resource, target.name);
  return pod;
}

/** BadRequest for a pod that runs nowhere yet. */
export function requireNode({ metadata, spec }: Pod): void {
  if (spec.nodeName === undefined) throw badRequest(`pod ${metadata.name} does not have a host assigned`);
}

/** Answers with one object in the form that the caller accepts. */
export async function sendObject(
  exchange: Exchange,
  { resource, object, status = 200 }: { resource: Resource; object: KubeObject; status?: number },
): Promise<void> {
  const shown = chooseShown(exchange.request.headers.accept);
  if (shown === 'table') {
    const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
    const include = includeOf(exchange.query);
    const text = tableText(exchange.cluster, {
      resource,
      objects: [object],
      metadata,
      include,
      columns: true,
    });
    await sendText(exchange, { status, text: `${text}\n` });
    return;
  }
  const text = shown === 'metadata' ? metadataText(object) : objectText(resource, object);
  await sendText(exchange, { status, text: `${text}\n` });
}
