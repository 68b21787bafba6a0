import { listOf, memberOf, textOf } from '../core/json.ts';
import type { Ingress } from './kinds/network.ts';

/** Where an Ingress sends requests, with the port and the place where it says so. */
export interface PortedBackend {
  /** `shop.example.com/cart`; `any` for the default backend. */
  from: string;
  service: string;
  /** By number or by name; absent: it says neither. */
  port?: number | string;
  /** `spec.rules[0].http.paths[1].backend`. */
  at: string;
}

/** Each way that leads to a service, as often as it is written. */
export function backendsIn({ spec }: Ingress): PortedBackend[] {
  const all = { ...spec };
  const paths = listOf(all, 'rules').flatMap((rule, index) =>
    listOf(memberOf(rule, 'http'), 'paths').map((path, number) => ({
      from: `${textOf(rule, 'host') || '*'}${textOf(path, 'path') || '/'}`,
      at: `spec.rules[${index}].http.paths[${number}].backend`,
      service: memberOf(memberOf(path, 'backend'), 'service'),
    })),
  );
  const whole = {
    from: 'any',
    at: 'spec.defaultBackend',
    service: memberOf(memberOf(all, 'defaultBackend'), 'service'),
  };
  return [...paths, whole].flatMap(({ from, at, service }) => {
    const name = textOf(service, 'name');
    if (name === '') return [];
    const { name: named, number } = { ...memberOf(service, 'port') };
    const port =
      typeof number === 'number' ? number : typeof named === 'string' && named !== '' ? named : undefined;
    return [{ from, at, service: name, ...(port === undefined ? {} : { port }) }];
  });
}
