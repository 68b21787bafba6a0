import { metricsGroup, nodeMetrics, podMetrics } from '../metrics-server.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { failure, notFound } from '../status.ts';
import { type Exchange, sendText } from './exchange.ts';
import { parseSelection } from './select.ts';
import { listText } from './text.ts';
import { isTrue } from './watch.ts';

interface MetricsTarget {
  resource: Resource;
  namespace: string | undefined;
  name: string | undefined;
}

/** GET of metrics.k8s.io: what pods and nodes use now, never as a table. There is no past to watch from. */
export async function answerMetrics(exchange: Exchange, target: MetricsTarget): Promise<void> {
  const { cluster, query, method } = exchange;
  const { resource, namespace, name } = target;
  const verb = isTrue(query.get('watch')) ? 'watch' : method;
  if (verb !== 'GET' && verb !== 'HEAD') {
    throw failure(405, {
      reason: 'MethodNotAllowed',
      message: `${verb.toLowerCase()} is not supported on resources of kind "${resource.plural}.${metricsGroup}"`,
      details: { group: metricsGroup, kind: resource.plural },
    });
  }
  const all = resource.namespaced ? podMetrics(cluster, namespace) : nodeMetrics(cluster);
  if (name === undefined) {
    const selection = parseSelection(resource, query);
    const items = all.filter(each => selection.matches(each)).map(each => JSON.stringify(each));
    const as = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource) };
    return sendText(exchange, { text: listText(as, { metadata: {}, items }) });
  }
  const found = all.find(each => each.metadata.name === name);
  if (found !== undefined) return sendText(exchange, { text: `${JSON.stringify(found)}\n` });
  const missing = namespace === undefined ? name : `${namespace}/${name}`;
  // The metrics server names what it looked for by its kind.
  throw notFound({ ...resource, plural: resource.kind.toLowerCase() }, missing);
}
