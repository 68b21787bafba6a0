import { type JsonObject, plainText, textOf } from '../core/json.ts';
import type { KubeObject } from './object.ts';
import { amountsIn, containersOf, podAmounts } from './pod-amounts.ts';
import { formatQuantity, type Nano, parseQuantity, quantityToNumber } from './quantities.ts';
import { listOf, objectOf } from './validation/problem.ts';

// A limit range is a list of items, each about containers, pods or claims.

/** The containers of a pod with the amounts that an item gives to those who name none; notes takes what was given. */
export function completed(
  spec: JsonObject,
  { item, notes }: { item: JsonObject; notes: string[] },
): JsonObject {
  const fill = (container: JsonObject, what: string): JsonObject => {
    let resources = objectOf(container, 'resources');
    for (const [member, field] of [
      ['requests', 'defaultRequest'],
      ['limits', 'default'],
    ] as const) {
      const given = objectOf(resources, member);
      const missing = Object.entries(objectOf(item, field))
        .filter(([name]) => given[name] === undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      if (missing.length === 0) continue;
      resources = { ...resources, [member]: { ...given, ...Object.fromEntries(missing) } };
      const names = missing.map(([name]) => name).join(', ');
      notes.push(`${names} ${member.slice(0, -1)} for ${what} ${textOf(container, 'name')}`);
    }
    return { ...container, resources };
  };
  const containers = listOf(spec, 'containers').map(each => fill(each, 'container'));
  const initContainers = listOf(spec, 'initContainers').map(each => fill(each, 'init container'));
  return { containers, ...(initContainers.length === 0 ? {} : { initContainers }) };
}

/** Why a pod lies outside of an item, in the words of the server. */
export function podProblems(spec: JsonObject, item: JsonObject): string[] {
  switch (textOf(item, 'type')) {
    case 'Container':
      return containersOf(spec).flatMap(container => {
        const resources = objectOf(container, 'resources');
        const amounts = (member: string) => amountsIn(objectOf(resources, member));
        return problems({ requests: amounts('requests'), limits: amounts('limits') }, item);
      });
    case 'Pod':
      return problems({ requests: podAmounts(spec, 'requests'), limits: podAmounts(spec, 'limits') }, item);
    default:
      return [];
  }
}

/** The same for a claim. */
export function claimProblems({ spec }: KubeObject, item: JsonObject): string[] {
  if (item['type'] !== 'PersistentVolumeClaim') return [];
  const requests = amountsIn(objectOf(objectOf(spec, 'resources'), 'requests'));
  // A claim has no limits: its request may be neither less nor more.
  return problems({ requests, limits: requests, limitWord: 'request' }, item);
}

interface Used {
  requests: ReadonlyMap<string, Nano>;
  limits: ReadonlyMap<string, Nano>;
  limitWord?: string;
}

/** The server's sentences: first what is too little, then too much, then too far apart. */
function problems(used: Used, item: JsonObject): string[] {
  const { requests, limits, limitWord = 'limit' } = used;
  const found: string[] = [];
  const each = (member: string, judge: (name: string, bound: string) => void): void => {
    const bounds = Object.entries(objectOf(item, member)).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, bound] of bounds) judge(name, plainText(bound));
  };
  const type = textOf(item, 'type');
  each('min', (name, bound) => {
    const least = parseQuantity(bound);
    const [request, limit] = [requests.get(name), limits.get(name)];
    const start = `minimum ${name} usage per ${type} is ${bound}`;
    if (request === undefined) found.push(`${start}.  No request is specified`);
    else if (request < least) found.push(`${start}, but request is ${inNotation(request, bound)}`);
    else if (limit !== undefined && limit < least)
      found.push(`${start}, but limit is ${inNotation(limit, bound)}`);
  });
  each('max', (name, bound) => {
    const most = parseQuantity(bound);
    const [request, limit] = [requests.get(name), limits.get(name)];
    const start = `maximum ${name} usage per ${type} is ${bound}`;
    if (limit === undefined) found.push(`${start}.  No ${limitWord} is specified`);
    else if (limit > most) found.push(`${start}, but ${limitWord} is ${inNotation(limit, bound)}`);
    else if (request !== undefined && request > most)
      found.push(`${start}, but request is ${inNotation(request, bound)}`);
  });
  each('maxLimitRequestRatio', (name, bound) => {
    const [request = 0n, limit = 0n] = [requests.get(name), limits.get(name)];
    const start = `${name} max limit to request ratio per ${type} is ${bound}`;
    const ratio = Number(limit) / Number(request);
    if (request === 0n) found.push(`${start}, but no request is specified or request is 0`);
    else if (limit === 0n) found.push(`${start}, but no limit is specified or limit is 0`);
    else if (ratio > quantityToNumber(bound))
      found.push(`${start}, but provided ratio is ${ratio.toFixed(6)}`);
  });
  return found;
}

function inNotation(amount: Nano, bound: string): string {
  return formatQuantity(amount, bound.endsWith('i') ? 'binary' : 'decimal');
}
