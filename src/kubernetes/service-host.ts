/** A name of the cluster's DNS, taken apart. */
export interface ServiceHost {
  service: string;
  namespace: string;
  /** Of `db-0.db.shop.svc`, the pod. */
  pod?: string;
  /** `svc`: it can be nothing but a service; `short`: one word, tried in the own namespace; `dotted`: may be a name of the world. */
  form: 'svc' | 'short' | 'dotted';
}

// The zone of nearly every cluster; another one reads as a name of the world.
const zone = ['cluster', 'local'];

/**
 * What a pod of a namespace may mean by a host name, the likeliest first: `api`, `api.shop`, `api.shop.svc`,
 * `db-0.db.shop.svc.cluster.local`. None: an address of numbers, localhost, or a name outside the cluster.
 */
export function readServiceHost(host: string, ownNamespace: string): ServiceHost[] {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  if (labels.length > 8 || labels.some(label => !isLabel(label))) return [];
  if (labels.every(label => /^\d+$/.test(label))) return [];
  const [first = '', second = '', third = ''] = labels;
  const place = labels.indexOf('svc');
  if (place === 2 || place === 3) {
    const rest = labels.slice(place + 1);
    if (rest.length > 0 && rest.join('.') !== zone.join('.')) return [];
    const form = 'svc';
    return place === 2
      ? [{ service: first, namespace: second, form }]
      : [{ pod: first, service: second, namespace: third, form }];
  }
  if (labels.length === 1)
    return first === 'localhost' ? [] : [{ service: first, namespace: ownNamespace, form: 'short' }];
  if (labels.length === 2)
    return [
      { service: first, namespace: second, form: 'dotted' },
      { pod: first, service: second, namespace: ownNamespace, form: 'dotted' },
    ];
  return labels.length === 3 ? [{ pod: first, service: second, namespace: third, form: 'dotted' }] : [];
}

function isLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text);
}
