import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import { isReady } from '../../kubernetes/pod-readiness.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import type { Cluster } from '../cluster.ts';
import { fetchObject } from '../cluster.ts';
import { failure, notSimulated } from '../status.ts';
import { type Exchange, sendText } from './exchange.ts';
import type { ObjectTarget } from './object-target.ts';

/** GET of services/x:port/proxy/…: of the programs behind Services, a Prometheus alone is simulated. */
export async function answerServiceProxy(
  exchange: Exchange,
  { rest, ...target }: ObjectTarget & { rest: readonly string[] },
): Promise<void> {
  const { cluster, method, query } = exchange;
  if (method !== 'GET') throw notSimulated('changes through the proxy of services');
  const [name = '', port] = target.name.split(':');
  const service = fetchObject(cluster, { ...target, name });
  const pods = isKind(service, 'Service')
    ? podsBehind(cluster, { namespace: target.namespace ?? '', selector: service.spec.selector })
    : [];
  const listed = isKind(service, 'Service') ? (service.spec.ports ?? []) : [];
  const served = port === undefined || listed.some(each => String(each.port) === port || each.name === port);
  if (!served || !pods.some(isReady))
    throw failure(503, {
      reason: 'ServiceUnavailable',
      message: `no endpoints available for service "${target.name}"`,
    });
  const [api, version, ...path] = rest;
  if (!pods.some(isPrometheus) || api !== 'api' || version !== 'v1')
    throw notSimulated('what answers there; only the query API of Prometheus is');
  const { answerPrometheus } = await import('../observe/prometheus.ts');
  const { status, body } = await answerPrometheus(cluster, { path, query });
  await sendText(exchange, { status, text: JSON.stringify(body) });
}

function podsBehind(
  cluster: Cluster,
  { namespace, selector }: { namespace: string; selector: Record<string, string> | undefined },
): Pod[] {
  if (selector === undefined) return [];
  const requirements = requirementsOf({ matchLabels: selector });
  return ofKind(cluster.state.list('/pods', `${namespace}/`), 'Pod').filter(pod =>
    matchesLabels(requirements, pod.metadata.labels),
  );
}

function isPrometheus({ spec }: Pod): boolean {
  return spec.containers.some(({ image = '' }) => /(?:^|\/)prometheus(?:[:@]|$)/.test(image));
}
