import { backendsOf } from '../../../kubernetes/ingress-backends.ts';
import type { Service } from '../../../kubernetes/kinds/network.ts';
import { ofKind } from '../../../kubernetes/kinds.ts';
import { selectorText } from '../../../kubernetes/selectors.ts';
import { defineDescriber } from './describer.ts';
import { inNamespaceOf, type Look } from './look.ts';
import { podLines } from './pods.ts';

/** A service: its ports, the pods it selects, its endpoints and the ingresses that lead to it. */
export const serviceDescriber = defineDescriber(['Service'], async (service, { look, around }) => {
  const endpoints = ofKind(around.related, 'EndpointSlice').flatMap(slice => slice.endpoints ?? []);
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false).length;
  const { type = 'ClusterIP', clusterIP = '' } = service.spec;
  return [
    `${type} ${clusterIP}: ${portText(service)}`,
    ...(around.unseen.has('EndpointSlice')
      ? []
      : [`endpoints: ${ready} ready, ${endpoints.length - ready} not`]),
    ...(await selectedLines(service, look)),
    ...(await ingressLines(service, look)),
  ];
});

function portText({ spec }: Service): string {
  const ports = (spec.ports ?? []).map(({ port, targetPort, nodePort, protocol }) => {
    const target = targetPort === undefined || targetPort === port ? '' : ` to ${targetPort}`;
    return `${port}${target}/${protocol ?? 'TCP'}${nodePort === undefined ? '' : ` (node port ${nodePort})`}`;
  });
  return ports.length === 0 ? 'no ports' : ports.join(', ');
}

async function selectedLines(service: Service, look: Look): Promise<string[]> {
  const { selector } = service.spec;
  if (selector === undefined || Object.keys(selector).length === 0)
    return ['selects no pods: its endpoints are set by others'];
  const labelSelector = selectorText({ matchLabels: selector });
  const pods = await look.list('Pod', { ...inNamespaceOf(service), labelSelector });
  if (pods === undefined) return [];
  if (pods.length === 0) return [`selects ${labelSelector}, which NO POD carries`];
  // A named target port that no container has leads nowhere.
  const names = new Set(
    pods.flatMap(({ spec }) => spec.containers.flatMap(({ ports }) => (ports ?? []).map(port => port.name))),
  );
  const nowhere = (service.spec.ports ?? []).flatMap(({ targetPort }) =>
    typeof targetPort === 'string' && !names.has(targetPort) ? [targetPort] : [],
  );
  return [
    ...podLines(pods, look),
    ...(nowhere.length === 0 ? [] : [`MISSING: no container has a port named ${nowhere.join(', ')}`]),
  ];
}

async function ingressLines(service: Service, look: Look): Promise<string[]> {
  const ingresses = await look.list('Ingress', inNamespaceOf(service));
  return (ingresses ?? []).flatMap(ingress => {
    const ways = backendsOf(ingress).filter(each => each.service === service.metadata.name);
    return ways.length === 0
      ? []
      : [`Ingress/${ingress.metadata.name}: ${ways.map(each => each.from).join(', ')}`];
  });
}
