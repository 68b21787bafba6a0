import { isObject, plainText } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { addQuantities } from '../../kubernetes/quantities.ts';
import { metricsGroup, nodeMetrics, podMetrics } from '../metrics-server.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { failure, notFound } from '../status.ts';
import { chooseShown } from './accept.ts';
import { type Exchange, sendText } from './exchange.ts';
import { parseSelection } from './select.ts';
import { includeOf, tableText } from './table-view.ts';
import { listText, metadataText } from './text.ts';
import { isTrue } from './watch.ts';

interface MetricsTarget {
  resource: Resource;
  namespace: string | undefined;
  name: string | undefined;
}

/** GET of metrics.k8s.io: what pods and nodes use now. There is no past to watch from. */
export async function answerMetrics(exchange: Exchange, target: MetricsTarget): Promise<void> {
  const { cluster, query, method, request } = exchange;
  const { resource, namespace, name } = target;
  if (method !== 'GET' && method !== 'HEAD') throw notSupported(resource, verbs[method] ?? method);
  if (isTrue(query.get('watch'))) throw notSupported(resource, 'watch');
  const all = resource.namespaced ? podMetrics(cluster, namespace) : nodeMetrics(cluster);
  if (name !== undefined) {
    const found = all.find(each => each.metadata.name === name);
    const missing = namespace === undefined ? name : `${namespace}/${name}`;
    // The metrics server names what it looked for by its kind.
    if (found === undefined) throw notFound({ ...resource, plural: resource.kind.toLowerCase() }, missing);
    return sendText(exchange, { text: `${JSON.stringify(found)}\n` });
  }
  const selection = parseSelection(resource, query);
  const items = all.filter(each => selection.matches(each));
  const shown = chooseShown(request.headers.accept);
  if (shown === 'table') {
    const objects = items.map(summed);
    const form = { resource: { ...resource, custom: true, columns }, objects, include: includeOf(query) };
    return sendText(exchange, { text: tableText(cluster, { ...form, metadata: {}, columns: true }) });
  }
  const as =
    shown === 'whole'
      ? { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource) }
      : { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' };
  const texts = items.map(each => (shown === 'whole' ? JSON.stringify(each) : metadataText(each)));
  return sendText(exchange, { text: listText(as, { metadata: {}, items: texts }) });
}

const columns = [
  { name: 'cpu', type: 'string', jsonPath: '.usage.cpu' },
  { name: 'memory', type: 'string', jsonPath: '.usage.memory' },
  { name: 'Window', type: 'string', jsonPath: '.window' },
];

/** A pod as one row: its containers together. */
function summed(object: KubeObject): KubeObject {
  const { containers } = object;
  if (!Array.isArray(containers)) return object;
  const used = containers.flatMap(each => (isObject(each) && isObject(each['usage']) ? [each['usage']] : []));
  const sumOf = (resource: string) => addQuantities(used.map(each => plainText(each[resource])));
  return { ...object, usage: { cpu: sumOf('cpu'), memory: sumOf('memory') } };
}

const verbs: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function notSupported(resource: Resource, verb: string): Error {
  return failure(405, {
    reason: 'MethodNotAllowed',
    message: `${verb} is not supported on resources of kind "${resource.plural}.${metricsGroup}"`,
    details: { group: metricsGroup, kind: resource.plural },
  });
}
