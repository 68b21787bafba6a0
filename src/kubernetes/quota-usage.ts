import { type Json, type JsonObject, plainText, textOf } from '../core/json.ts';
import { type KubeObject, splitApiVersion } from './object.ts';
import { amountsIn, containersOf, podAmounts } from './pod-amounts.ts';
import { formatQuantity, type Nano } from './quantities.ts';
import { listOf, objectOf } from './validation/problem.ts';

/** What objects use up of a quota, by the names that a quota gives its limits: in billionths, as all quantities. */
export type Usage = ReadonlyMap<string, Nano>;

const one: Nano = 1_000_000_000n;
/** Kinds that older names count, too (`pods` beside `count/pods`). */
const plainCounts = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

const known = new WeakMap<KubeObject, Usage>();

/** What one object uses up. A pod that has ended uses only its own `count/pods`. */
export function usageOf(object: KubeObject, plural: string): Usage {
  const found = known.get(object);
  if (found !== undefined) return found;
  const usage = measure(object, plural);
  known.set(object, usage);
  return usage;
}

function measure(object: KubeObject, plural: string): Usage {
  const { group } = splitApiVersion(object.apiVersion);
  const usage = new Map<string, Nano>([[`count/${plural}${group === '' ? '' : `.${group}`}`, one]]);
  if (group !== '') return usage;
  const hasEnded =
    object.kind === 'Pod' && ['Succeeded', 'Failed'].includes(plainText(object.status?.['phase']));
  if (plainCounts.has(plural) && !hasEnded) usage.set(plural, one);
  if (object.kind === 'Pod' && !hasEnded) addPod(usage, object.spec ?? {});
  if (object.kind === 'Service') addService(usage, object.spec ?? {});
  if (object.kind === 'PersistentVolumeClaim') addClaim(usage, object.spec ?? {});
  return usage;
}

// Asked for under their bare names, too.
const bareNames = new Set(['cpu', 'memory', 'ephemeral-storage']);

function addPod(usage: Map<string, Nano>, spec: JsonObject): void {
  for (const [name, amount] of podAmounts(spec, 'requests')) {
    usage.set(`requests.${name}`, amount);
    if (bareNames.has(name) || name.startsWith('hugepages-')) usage.set(name, amount);
  }
  for (const [name, amount] of podAmounts(spec, 'limits')) usage.set(`limits.${name}`, amount);
}

function addService(usage: Map<string, Nano>, spec: JsonObject): void {
  const isBalanced = spec['type'] === 'LoadBalancer';
  if (isBalanced) usage.set('services.loadbalancers', one);
  const takesPorts =
    spec['type'] === 'NodePort' || (isBalanced && spec['allocateLoadBalancerNodePorts'] !== false);
  if (takesPorts) usage.set('services.nodeports', one * BigInt(listOf(spec, 'ports').length));
}

function addClaim(usage: Map<string, Nano>, spec: JsonObject): void {
  const amount = amountsIn(objectOf(objectOf(spec, 'resources'), 'requests')).get('storage') ?? 0n;
  usage.set('requests.storage', amount);
  const name = textOf(spec, 'storageClassName');
  if (name === '') return;
  usage.set(`${name}.storageclass.storage.k8s.io/requests.storage`, amount);
  usage.set(`${name}.storageclass.storage.k8s.io/persistentvolumeclaims`, one);
}

/** Whether a quota counts the object: one with scopes counts pods alone, and of them those in all of its scopes. */
export function isInScope(quota: KubeObject, object: KubeObject): boolean {
  const { spec = {} } = quota;
  const scopes = Array.isArray(spec['scopes']) ? spec['scopes'] : [];
  const wanted: JsonObject[] = [
    ...scopes.map(scopeName => ({ scopeName, operator: 'Exists' })),
    ...listOf(objectOf(spec, 'scopeSelector'), 'matchExpressions'),
  ];
  return (
    wanted.length === 0 || (object.kind === 'Pod' && wanted.every(each => matches(object.spec ?? {}, each)))
  );
}

function matches(spec: JsonObject, scope: JsonObject): boolean {
  switch (textOf(scope, 'scopeName')) {
    case 'Terminating':
      return typeof spec['activeDeadlineSeconds'] === 'number';
    case 'NotTerminating':
      return typeof spec['activeDeadlineSeconds'] !== 'number';
    case 'BestEffort':
      return isBestEffort(spec);
    case 'NotBestEffort':
      return !isBestEffort(spec);
    case 'PriorityClass':
      return matchesClass(spec['priorityClassName'], scope);
    default:
      // Affinity across namespaces is nothing that the sandbox's scheduler looks at.
      return false;
  }
}

function isBestEffort(spec: JsonObject): boolean {
  return [spec, ...containersOf(spec)].every(holder => {
    const { requests, limits } = objectOf(holder, 'resources');
    return [requests, limits].every(each => Object.keys(objectOf({ each }, 'each')).length === 0);
  });
}

function matchesClass(name: Json | undefined, scope: JsonObject): boolean {
  const { values } = scope;
  const isNamed = Array.isArray(values) && values.some(value => value === name);
  switch (textOf(scope, 'operator')) {
    case 'In':
      return isNamed;
    case 'NotIn':
      return !isNamed;
    case 'DoesNotExist':
      return !name;
    default:
      return Boolean(name);
  }
}

/** The text of a count or an amount, in the notation of the limit it belongs to. */
export function usageText(amount: Nano, limit: Json | undefined): string {
  return formatQuantity(amount, /[KMGTPE]i$/.test(plainText(limit)) ? 'binary' : 'decimal');
}

/** What a write adds to the use of a quota. before: of the object that is replaced. */
export function difference(after: Usage, before: Usage | undefined): Usage {
  return new Map([...after].map(([name, amount]) => [name, amount - (before?.get(name) ?? 0n)]));
}

/** A quota of what pods ask for takes only pods that say what they ask for; empty: the object does. */
export function unspecified(quota: KubeObject, { kind, spec = {} }: KubeObject): string {
  if (kind !== 'Pod') return '';
  const faults = Object.keys(objectOf(quota.status, 'hard'))
    .sort()
    .flatMap(name => {
      const [, member = 'requests', plain = ''] =
        /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(name) ?? [];
      if (plain === '') return [];
      const says = (holder: JsonObject): boolean =>
        amountsIn(objectOf(objectOf(holder, 'resources'), member)).has(plain);
      if (says(spec)) return [];
      const silent = containersOf(spec).filter(container => !says(container));
      const names = [...new Set(silent.map(each => textOf(each, 'name')))].sort();
      return names.length === 0 ? [] : [`${name} for: ${names.join(',')}`];
    });
  return faults.join('; ');
}

/** What a quota has used with what is wanted. beyond: why it has no room for that, in the words of the server. */
export function chargeOf(
  { status }: KubeObject,
  wanted: Usage,
): { used: Record<string, string>; beyond?: string } {
  const limits = objectOf(status, 'hard');
  const hard = amountsIn(limits);
  const used = amountsIn(objectOf(status, 'used'));
  const counted = [...wanted]
    .filter(([name, amount]) => amount > 0n && hard.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const sumWith = (name: string, amount: Nano): Nano => (used.get(name) ?? 0n) + amount;
  const over = counted.filter(([name, amount]) => sumWith(name, amount) > (hard.get(name) ?? 0n));
  const texts = counted.map(([name, amount]): [string, string] => [
    name,
    usageText(sumWith(name, amount), limits[name]),
  ]);
  const charge = { used: Object.fromEntries(texts) };
  if (over.length === 0) return charge;
  const list = (amountOf: (name: string, wanted: Nano) => Nano): string =>
    over.map(([name, amount]) => `${name}=${usageText(amountOf(name, amount), limits[name])}`).join(',');
  const requested = list((_name, amount) => amount);
  const beyond = `requested: ${requested}, used: ${list(name => used.get(name) ?? 0n)}, limited: ${list(name => hard.get(name) ?? 0n)}`;
  return { ...charge, beyond };
}
