import { healthOf } from '../../../kubernetes/health.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { slicesOf } from './around-pods.ts';
import { defineDescriber } from './describer.ts';
import { backendsOf } from './ingress-backends.ts';
import { inNamespaceOf } from './look.ts';

// Each is two questions of their own to the server.
const mostServices = 20;

/** An ingress: its class, its certificates, and how the services behind it stand. */
export const ingressDescriber = defineDescriber(['Ingress'], async (ingress, look) => {
  const backends = backendsOf(ingress);
  const lines = [`class: ${ingress.spec.ingressClassName ?? 'none named'}`];
  for (const { secretName } of ingress.spec.tls ?? []) {
    if (secretName === undefined) continue;
    const exists = await look.exists('Secret', { name: secretName, namespace: ingress.metadata.namespace });
    if (exists !== undefined)
      lines.push(exists ? `certificate: Secret/${secretName}` : `MISSING: Secret/${secretName}`);
  }
  const names = [...new Set(backends.map(({ service }) => service))];
  for (const name of names.slice(0, mostServices)) {
    const from = backends.filter(({ service }) => service === name).map(each => each.from);
    const service = await look.find({ kind: 'Service', apiVersion: 'v1', name, ...inNamespaceOf(ingress) });
    const state =
      service === undefined
        ? 'MISSING'
        : service === 'unread' || !isKind(service, 'Service')
          ? 'not checked'
          : look.say(healthOf(service, await slicesOf(service, look)).reason);
    lines.push(`${from.join(', ')} to Service/${name}: ${state}`);
  }
  if (names.length > mostServices) look.note('Service', `only the first ${mostServices} were looked at`);
  return { related: [], lines };
});
