import { isObject, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { selectorText } from '../../kubernetes/selectors.ts';
import { invalid as wrongValue } from '../../kubernetes/validation/problem.ts';
import { fetchObject } from '../cluster.ts';
import type { Resource } from '../resource.ts';
import { badRequest, invalid } from '../status.ts';
import { updateObject } from '../update-object.ts';
import { readData, unreadableResult } from './body.ts';
import { type Exchange, sendJson } from './exchange.ts';
import { type ObjectTarget, sendObject } from './object-target.ts';
import { isDryRun, managerOf } from './options.ts';
import { patched, readPatch } from './patch.ts';
import { onBehalf } from './written.ts';

/** GET, PUT and PATCH of the scale subresource: the replica count of any scalable kind in one shape. */
export async function answerScale(exchange: Exchange, target: ObjectTarget): Promise<void> {
  const { cluster, method } = exchange;
  const live = fetchObject(cluster, target);
  if (method === 'GET') {
    const resource = {
      ...target.resource,
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
      custom: false,
    };
    // The JSON border between the shape of a Scale and that of any object.
    await sendObject(exchange, { resource, object: scaleOf(live) as unknown as KubeObject });
    return;
  }
  const dryRun = isDryRun(exchange);
  const wanted =
    method === 'PATCH' ? await patchedScale(exchange, live, target.resource) : await readData(exchange);
  if (!isObject(wanted)) throw badRequest('the request has no Scale in its body');
  const metadata = isObject(wanted['metadata']) ? wanted['metadata'] : {};
  const { resourceVersion, uid } = metadata;
  const spec = isObject(wanted['spec']) ? wanted['spec'] : {};
  const replicas = spec['replicas'] ?? 0;
  if (method === 'PATCH' && typeof replicas !== 'number')
    throw unreadableResult(JSON.stringify(live), 'replicas is no number');
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    const detail = 'must be greater than or equal to 0';
    throw invalid({ apiVersion: 'autoscaling/v1', kind: 'Scale', name: target.name }, [
      wrongValue('spec.replicas', { value: replicas, detail }),
    ]);
  }
  const updated = updateObject(cluster, {
    resource: target.resource,
    live,
    object: {
      ...live,
      metadata: {
        ...live.metadata,
        ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
        ...(typeof uid === 'string' ? { uid } : {}),
      },
      spec: { ...live.spec, replicas },
    },
    dryRun,
    manager: managerOf(exchange),
    ...onBehalf(exchange),
    subresource: 'scale',
  });
  await sendJson(exchange, scaleOf(updated));
}

async function patchedScale(exchange: Exchange, live: KubeObject, resource: Resource): Promise<JsonObject> {
  const patch = await readPatch(exchange, resource);
  if (patch.type === 'application/apply-patch+yaml') {
    throw badRequest('the sandbox does not simulate server-side apply on the scale subresource');
  }
  // The JSON border between the shape of a Scale and that of any object.
  const after = patched(scaleOf(live) as unknown as KubeObject, patch);
  return after as unknown as JsonObject;
}

function scaleOf(object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = object.spec?.['replicas'];
  const current = object.status?.['replicas'];
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas > 0 ? { replicas } : {},
    status: { replicas: typeof current === 'number' ? current : 0, selector: selectorOf(object) },
  };
}

/** The selector in the form of a query: `app=web,tier in (a,b)`. */
function selectorOf({ spec }: KubeObject): string {
  const selector = spec?.['selector'];
  if (!isObject(selector)) return '';
  // That of a ReplicationController is a plain map of labels.
  const isMap = Object.values(selector).every(value => typeof value === 'string');
  return selectorText(isMap ? { matchLabels: selector } : selector);
}
