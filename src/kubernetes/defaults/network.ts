import { objectsIn } from '../../core/json.ts';
import { type Fills, fillIn, objectAt } from './fill.ts';

// Three hours: how long a client sticks to its pod.
const clientIpSeconds = 10_800;

export const networkDefaults: Fills = {
  'core.v1.ServiceSpec': given => {
    fillIn(given, { sessionAffinity: 'None', type: 'ClusterIP' });
    if (given['sessionAffinity'] === 'None') delete given['sessionAffinityConfig'];
    if (given['sessionAffinity'] === 'ClientIP') {
      fillIn(objectAt(objectAt(given, 'sessionAffinityConfig'), 'clientIP'), {
        timeoutSeconds: clientIpSeconds,
      });
    }
    const { type } = given;
    const isOpenOutside = type === 'NodePort' || type === 'LoadBalancer';
    const hasExternalIps = Array.isArray(given['externalIPs']) && type === 'ClusterIP';
    if (isOpenOutside || hasExternalIps) fillIn(given, { externalTrafficPolicy: 'Cluster' });
    if (isOpenOutside || type === 'ClusterIP') fillIn(given, { internalTrafficPolicy: 'Cluster' });
    if (type === 'LoadBalancer') fillIn(given, { allocateLoadBalancerNodePorts: true });
  },
  'core.v1.ServicePort': given => {
    fillIn(given, { protocol: 'TCP' });
    if (given['targetPort'] === 0 || given['targetPort'] === '') delete given['targetPort'];
    fillIn(given, { targetPort: given['port'] ?? 0 });
  },
  'core.v1.LoadBalancerIngress': given => {
    if (given['ip'] !== undefined) fillIn(given, { ipMode: 'VIP' });
  },
  'core.v1.EndpointPort': given => fillIn(given, { protocol: 'TCP' }),
  'discovery.v1.EndpointPort': given => fillIn(given, { name: '', protocol: 'TCP' }),
  'networking.v1.NetworkPolicyPort': given => fillIn(given, { protocol: 'TCP' }),
  'networking.v1.NetworkPolicySpec': given =>
    fillIn(given, {
      policyTypes: objectsIn(given['egress']).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'],
    }),
  'networking.v1.IngressClassParametersReference': given => fillIn(given, { scope: 'Cluster' }),
};
