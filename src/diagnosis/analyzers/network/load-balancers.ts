import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { sinceMs } from '../../ages.ts';
import { defineAnalyzer } from '../../analyzer.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';

// A cloud takes two or three minutes to make one.
const madeMs = 5 * 60_000;
const telling = [
  'SyncLoadBalancerFailed',
  'AllocationFailed',
  'CreatingLoadBalancerFailed',
  'UnAvailableLoadBalancer',
  'ListenerNotCreated',
];

/** What makes load balancers, by the names of the workloads that do. */
const makers = [
  'metallb',
  'svclb',
  'cloud-controller-manager',
  'kube-vip',
  'load-balancer-controller',
  'klipper',
  'cilium-operator',
  'cloud-provider',
  'openelb',
  'purelb',
  'ccm',
];

/** Services whose load balancer does not come. */
export const loadBalancersAnalyzer = defineAnalyzer({
  id: 'load-balancers',
  needs: ['Service', 'Event', 'Deployment', 'DaemonSet'],
  codes: {
    LOAD_BALANCER_PENDING: {
      row: 'load-balancer',
      means: 'A Service of type LoadBalancer has no address.',
      decided:
        'status.loadBalancer is empty five minutes after it was made, or a controller says that it failed.',
      fixed:
        'What the controller complains about; where there is none, its installation, or another type of Service.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('Service').flatMap(service => {
      const { type, loadBalancerClass } = service.spec;
      if (type !== 'LoadBalancer' || isDeleting(service)) return [];
      if ((service.status?.loadBalancer?.ingress ?? []).length > 0) return [];
      const failed = snapshot.eventsFor(refOf(service)).find(({ reason }) => telling.includes(reason ?? ''));
      const age = sinceMs(snapshot, service.metadata.creationTimestamp);
      if (failed === undefined && (age === undefined || age < madeMs)) return [];
      // The balancer of K3s is a daemon set for each service, whose own pods tell what is wrong.
      const name = `svclb-${service.metadata.name}-`;
      const own = snapshot.of('DaemonSet').filter(({ metadata }) => metadata.name.startsWith(name));
      const running = snapshot.podSets.filter(({ object }) =>
        makers.some(word => object.metadata.name.includes(word)),
      );
      const whole = snapshot.sees('Deployment', 'kube-system') && snapshot.sees('DaemonSet', 'kube-system');
      const alone = running.length === 0 && whole && failed === undefined;
      return [
        {
          code: 'LOAD_BALANCER_PENDING',
          severity: 'critical',
          object: refOf(service),
          summary: alone
            ? 'waits for a load balancer, and nothing in this cluster is known to make one'
            : 'waits for a load balancer that does not come',
          evidence: [
            quoteField('status.loadBalancer.ingress', undefined),
            ...(loadBalancerClass === undefined
              ? []
              : [quoteField('spec.loadBalancerClass', loadBalancerClass)]),
            ...(failed === undefined ? [] : [quoteEvent(failed)]),
          ],
          confidence: failed === undefined ? 'likely' : 'certain',
          fixes: [],
          question: alone
            ? 'What is to make load balancers here, or is NodePort enough?'
            : 'What does the controller that makes load balancers say?',
          dependsOn: own.map(refOf),
          depth: 1,
        },
      ];
    });
  },
});
