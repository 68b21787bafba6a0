import type { JsonObject } from '../core/json.ts';
import { type Nano, readQuantity } from './quantities.ts';
import { listOf, objectOf } from './validation/problem.ts';

/*
 * What a whole pod asks for or is limited to, as limit ranges and quotas add it up: for every resource that anybody
 * names, and passing over those who name none.
 */

type Amounts = Map<string, Nano>;

/** Containers first, then init containers, as quotas and limits read them. */
export function containersOf(spec: JsonObject): JsonObject[] {
  return [...listOf(spec, 'containers'), ...listOf(spec, 'initContainers')];
}

/** The amounts of a set of resources (`requests`, `limits`, `hard` …) by name; what is no quantity counts nothing. */
export function amountsIn(resources: JsonObject): Amounts {
  const amounts: Amounts = new Map();
  for (const [name, value] of Object.entries(resources)) {
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    amounts.set(name, readQuantity(value) ?? 0n);
  }
  return amounts;
}

/**
 * The amounts of a pod: its containers together, or a single init container that needs more; an init container that
 * keeps running counts with both. What the pod itself names wins.
 */
export function podAmounts(spec: JsonObject, member: 'requests' | 'limits'): Amounts {
  const own = (holder: JsonObject): Amounts => amountsIn(objectOf(objectOf(holder, 'resources'), member));
  const running: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of listOf(spec, 'initContainers')) {
    const stays = container['restartPolicy'] === 'Always';
    if (stays) add(running, own(container));
    const atOnce = new Map(running);
    if (!stays) add(atOnce, own(container));
    raise(peak, atOnce);
  }
  for (const container of listOf(spec, 'containers')) add(running, own(container));
  raise(peak, running);
  return new Map([...peak, ...own(spec)]);
}

function add(total: Amounts, more: Amounts): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0n) + amount);
}

function raise(total: Amounts, other: Amounts): void {
  for (const [name, amount] of other) if (amount >= (total.get(name) ?? 0n)) total.set(name, amount);
}
