import { describeRef } from '../../../core/ref.ts';
import type { Service } from '../../../kubernetes/kinds/network.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { endpointsOf, setsBehind } from '../../network/behind-service.ts';
import { neededPaths } from '../../network/policy-paths.ts';
import type { PodSet } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'INTERNAL_TRAFFIC_DROPPED' | 'EXTERNAL_TRAFFIC_DROPPED' | 'EXTERNAL_TRAFFIC_PARTLY';

/** Services that answer only on the nodes where they have a pod, while they are asked on others. */
export const trafficPoliciesAnalyzer = defineAnalyzer({
  id: 'traffic-policies',
  needs: [
    'Service',
    'EndpointSlice',
    'Node',
    'Pod',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ConfigMap',
    'Ingress',
  ],
  codes: {
    INTERNAL_TRAFFIC_DROPPED: {
      row: 'traffic-policy',
      means: 'Pods on some nodes cannot reach a Service, since none of its pods runs beside them.',
      decided:
        'internalTrafficPolicy is Local, no DaemonSet stands behind it, and some node that takes pods has no ready endpoint. What a DaemonSet serves is meant to be local.',
      fixed: 'internalTrafficPolicy: Cluster, or a DaemonSet.',
    },
    EXTERNAL_TRAFFIC_DROPPED: {
      row: 'traffic-policy',
      means: 'A node port answers only on the nodes where the Service has a pod.',
      decided:
        'externalTrafficPolicy is Local on a Service of type NodePort, and some node that takes pods has no ready endpoint.',
      fixed:
        'externalTrafficPolicy: Cluster, at the price of the address of the client; or callers that ask only those nodes.',
    },
    EXTERNAL_TRAFFIC_PARTLY: {
      row: 'traffic-policy',
      means:
        'A load balancer has to leave out the nodes without a pod of the Service. Counted only: by its health checks it does.',
      decided: 'externalTrafficPolicy is Local on a Service of type LoadBalancer.',
      fixed: 'Nothing, unless the balancer checks no health.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('Service').flatMap((service): Draft<Code>[] => {
      const { internalTrafficPolicy, externalTrafficPolicy, type = 'ClusterIP' } = service.spec;
      if (isDeleting(service) || type === 'ExternalName') return [];
      const isInternal = internalTrafficPolicy === 'Local';
      const isExternal = externalTrafficPolicy === 'Local' && type !== 'ClusterIP';
      if (!isInternal && !isExternal) return [];
      const bare = bareNodes(service, snapshot);
      if (bare.length === 0) return [];
      return [
        ...(isInternal ? internal(service, { bare, snapshot }) : []),
        ...(isExternal ? [external(service, bare)] : []),
      ];
    });
  },
});

/** Nodes that take pods and have none of the service's; none where it has none anywhere, which is another fault. */
function bareNodes(service: Service, snapshot: Snapshot): string[] {
  const sets = setsBehind(service, snapshot);
  const endpoints = endpointsOf(service, snapshot);
  const nodes = snapshot
    .of('Node')
    .filter(
      ({ spec }) =>
        spec?.unschedulable !== true &&
        !(spec?.taints ?? []).some(({ effect }) => effect !== 'PreferNoSchedule'),
    )
    .map(({ metadata }) => metadata.name);
  if (sets.some(({ object }) => object.kind === 'DaemonSet')) return [];
  if (endpoints.known)
    return endpoints.nodes.size === 0 ? [] : nodes.filter(name => !endpoints.nodes.has(name));
  // Nobody said where its pods are: fewer pods than nodes cannot be on all of them.
  const pods = sets.reduce((sum, { wanted }) => sum + wanted, 0);
  return pods > 0 && pods < nodes.length ? nodes.slice(pods) : [];
}

function internal(
  service: Service,
  { bare, snapshot }: { bare: readonly string[]; snapshot: Snapshot },
): Draft<Code>[] {
  const clients = neededPaths(snapshot).filter(path => path.service === service);
  const ref = refOf(service);
  const [client] = clients;
  return [
    {
      code: 'INTERNAL_TRAFFIC_DROPPED',
      severity: clients.length > 0 ? 'critical' : 'warning',
      object: ref,
      summary: `pods on ${namesOf(bare)} cannot reach it: it answers only beside its own pods`,
      evidence: [
        quoteField('spec.internalTrafficPolicy', 'Local'),
        quoteField('nodes without a ready endpoint', namesOf(bare)),
        ...(client === undefined
          ? []
          : [quoteField(`${describeRef(refOf(client.from.object))} ${client.why.at}`, client.why.text)]),
      ],
      confidence: endpointsOf(service, snapshot).known ? 'certain' : 'likely',
      fixes: [
        patchFix(ref, {
          patch: { spec: { internalTrafficPolicy: 'Cluster' } },
          does: `Let ${describeRef(ref)} answer on every node`,
        }),
      ],
      breaks: complaining(clients.map(({ from }) => from)),
      depth: 2,
    },
  ];
}

function complaining(sets: readonly PodSet[]) {
  return sets.filter(({ ready, wanted }) => ready < wanted).map(({ object }) => refOf(object));
}

function external(service: Service, bare: readonly string[]): Draft<Code> {
  const ref = refOf(service);
  const isBalanced = service.spec.type === 'LoadBalancer';
  return {
    code: isBalanced ? 'EXTERNAL_TRAFFIC_PARTLY' : 'EXTERNAL_TRAFFIC_DROPPED',
    severity: isBalanced ? 'note' : 'warning',
    object: ref,
    summary: `its node ports do not answer on ${namesOf(bare)}`,
    evidence: [
      quoteField('spec.externalTrafficPolicy', 'Local'),
      quoteField('nodes without a ready endpoint', namesOf(bare)),
    ],
    confidence: 'certain',
    fixes: isBalanced
      ? []
      : [
          patchFix(ref, {
            patch: { spec: { externalTrafficPolicy: 'Cluster' } },
            does: `Let ${describeRef(ref)} answer on every node; it then sees other client addresses`,
          }),
        ],
    depth: 2,
  };
}

// More names than a line holds are counted.
const mostNamed = 3;

function namesOf(nodes: readonly string[]): string {
  const more = nodes.length - mostNamed;
  return more > 0 ? `${nodes.slice(0, mostNamed).join(', ')} and ${more} more nodes` : nodes.join(', ');
}
