import type { LoadBalancerStatus } from '../../kubernetes/kinds/network.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import type { Controller, Operation } from './controller.ts';
import { statusOf } from './owners.ts';

/**
 * Gives services of type LoadBalancer the addresses of the nodes, as the small balancer of K3s does, and ingresses
 * those of the service that stands before their controller.
 */
export const loadBalancerController: Controller = {
  name: 'load-balancer',
  watches: ['Service', 'Ingress', 'Node'],
  reconcile(view) {
    const nodes = ofKind(view.list('Node'), 'Node');
    const addresses = nodes
      .flatMap(node => node.status?.addresses ?? [])
      .filter(address => address.type === 'InternalIP')
      .map(({ address }) => ({ ip: address, ipMode: 'VIP' }))
      .sort((a, b) => (a.ip < b.ip ? -1 : 1));
    const balanced = ofKind(view.list('Service'), 'Service').filter(
      service => service.spec.type === 'LoadBalancer' && !isDeleting(service),
    );
    const loadBalancer: LoadBalancerStatus = { ingress: addresses };
    const operations: Operation[] = balanced.flatMap(service =>
      statusOf(service, { ...service.status, loadBalancer }),
    );
    if (balanced.length === 0) return { operations };
    for (const ingress of ofKind(view.list('Ingress'), 'Ingress')) {
      const reached = { ingress: addresses.map(({ ip }) => ({ ip })) };
      if (!isDeleting(ingress))
        operations.push(...statusOf(ingress, { ...ingress.status, loadBalancer: reached }));
    }
    return { operations };
  },
};
