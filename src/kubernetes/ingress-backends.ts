import { isObject, type Json } from '../core/json.ts';
import type { Ingress } from './kinds/network.ts';

/** The names of the services that an Ingress sends traffic to, each once. */
export function backendsOf({ spec }: Ingress): string[] {
  const names = new Set<string>();
  const collect = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const item of value) collect(item);
    if (!isObject(value)) return;
    for (const [key, item] of Object.entries(value)) {
      const service =
        (key === 'backend' || key === 'defaultBackend') && isObject(item) ? item['service'] : undefined;
      if (isObject(service) && typeof service['name'] === 'string') names.add(service['name']);
      else collect(item);
    }
  };
  collect(spec);
  return [...names];
}
