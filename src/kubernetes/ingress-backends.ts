import { isObject, type Json, type JsonObject, objectsIn, plainText } from '../core/json.ts';
import type { Ingress } from './kinds/network.ts';

/** Where an Ingress sends requests for a host and path. */
export interface Backend {
  /** `shop.example.com/cart`; `any` for the default backend. */
  from: string;
  service: string;
}

/** The services that an Ingress names, one for each way that leads to them. */
export function backendsOf({ spec }: Ingress): Backend[] {
  const { rules, defaultBackend }: JsonObject = { ...spec };
  const paths = objectsIn(rules).flatMap(rule => {
    const host = plainText(rule['host']) || '*';
    const { http } = rule;
    return objectsIn(isObject(http) ? http['paths'] : undefined).map(path => ({
      from: `${host}${plainText(path['path']) || '/'}`,
      service: serviceIn(path['backend']),
    }));
  });
  return [...paths, { from: 'any', service: serviceIn(defaultBackend) }].filter(
    ({ service }) => service !== '',
  );
}

function serviceIn(backend: Json | undefined): string {
  const service = isObject(backend) ? backend['service'] : undefined;
  return isObject(service) ? plainText(service['name']) : '';
}
