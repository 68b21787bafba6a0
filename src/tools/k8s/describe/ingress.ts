import { healthOf } from '../../../kubernetes/health.ts';
import { backendsOf } from '../../../kubernetes/ingress-backends.ts';
import { ofKind } from '../../../kubernetes/kinds.ts';
import { surroundingsOf } from '../../../kubernetes/surroundings.ts';
import { defineDescriber } from './describer.ts';

/** An ingress: its class, its certificates, and how the services behind it stand. */
export const ingressDescriber = defineDescriber(['Ingress'], async (ingress, { look, around }) => {
  const backends = backendsOf(ingress);
  const lines = [`class: ${ingress.spec.ingressClassName ?? 'none named'}`];
  for (const { secretName } of ingress.spec.tls ?? []) {
    if (secretName === undefined) continue;
    const exists = await look.exists('Secret', { name: secretName, namespace: ingress.metadata.namespace });
    if (exists !== undefined)
      lines.push(exists ? `certificate: Secret/${secretName}` : `MISSING: Secret/${secretName}`);
  }
  const read = new Set(
    surroundingsOf(ingress).neighbours.flatMap(({ by }) => ('name' in by ? [by.name] : [])),
  );
  const services = ofKind(around.related, 'Service');
  // Without its slices a service is judged by itself: that none were found says nothing then.
  const among = around.unseen.has('EndpointSlice') ? [] : around.related;
  for (const [name, ways] of Map.groupBy(backends, each => each.service)) {
    const service = services.find(each => each.metadata.name === name);
    const missing = read.has(name) && !around.unseen.has('Service');
    const state =
      service === undefined
        ? missing
          ? 'MISSING'
          : 'not checked'
        : look.say(healthOf(service, among).reason);
    lines.push(`${ways.map(({ from }) => from).join(', ')} to Service/${name}: ${state}`);
  }
  return lines;
});
