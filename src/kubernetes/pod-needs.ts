import type { Container, Pod } from './kinds/pod.ts';
import { type Nano, readQuantity } from './quantities.ts';

/** What containers ask for (0: nothing) and may use at most (undefined: all there is), in billionths of the unit. */
export interface Resources {
  requests: Nano;
  limits: Nano | undefined;
}

export function containerResources({ resources }: Container, resource: string): Resources {
  return {
    requests: quantityOf(resources?.requests?.[resource]) ?? 0n,
    limits: quantityOf(resources?.limits?.[resource]),
  };
}

/**
 * A pod as the scheduler counts it: its containers with the init containers that keep running, or what its largest
 * other init container needs beside those, whichever is more.
 */
export function podResources({ spec }: Pod, resource: string): Resources {
  const init = spec.initContainers ?? [];
  const staying = init
    .filter(each => each.restartPolicy === 'Always')
    .map(each => containerResources(each, resource));
  const passing = init
    .filter(each => each.restartPolicy !== 'Always')
    .map(each => containerResources(each, resource));
  const main = spec.containers.map(each => containerResources(each, resource));
  const beside = sumOf(staying);
  return passing.reduce((most, each) => larger(most, sumOf([beside, each])), sumOf([beside, ...main]));
}

function sumOf(all: readonly Resources[]): Resources {
  return all.reduce<Resources>(
    (sum, each) => ({
      requests: sum.requests + each.requests,
      limits: sum.limits === undefined || each.limits === undefined ? undefined : sum.limits + each.limits,
    }),
    { requests: 0n, limits: 0n },
  );
}

function larger(left: Resources, right: Resources): Resources {
  const unlimited = left.limits === undefined || right.limits === undefined;
  return {
    requests: left.requests > right.requests ? left.requests : right.requests,
    limits: unlimited ? undefined : [left.limits ?? 0n, right.limits ?? 0n].reduce((a, b) => (a > b ? a : b)),
  };
}

function quantityOf(value: unknown): Nano | undefined {
  return typeof value === 'string' || typeof value === 'number' ? readQuantity(value) : undefined;
}
