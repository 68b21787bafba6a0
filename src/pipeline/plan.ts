import type { Actor } from '../core/actor.ts';
import type { ClusterIdentity } from '../core/cluster.ts';
import { riskOfPlan } from '../core/decision.ts';
import { hmacHex } from '../core/digest.ts';
import type { Gate } from '../core/gate.ts';
import { newId } from '../core/ids.ts';
import { canonicalJson, type JsonObject } from '../core/json.ts';
import { differences } from '../core/json-diff.ts';
import type { Keys } from '../core/keys.ts';
import type { Plan } from '../core/plan.ts';
import type { Preview } from '../core/preview.ts';
import { describeRef } from '../core/ref.ts';

/** Ties previewed changes into what a person decides on. Changes that would change nothing are left out. */
export function makePlan(input: {
  /** Absent: a new one. */
  id?: string | undefined;
  tool: string;
  toolInput: JsonObject;
  environment: string;
  maxTargets: number;
  ticketTtlSeconds: number;
  cluster: ClusterIdentity;
  actor: Actor;
  previews: readonly Preview[];
  undoOf: string | undefined;
  /** Absent: it is none. */
  gate?: Gate;
  /** Absent: whoever policy lets. */
  from?: readonly string[];
  keys: Keys;
  now: Date;
}): Plan {
  const previews = input.previews.filter(preview => preview.operation !== 'none');
  const { reason, waitSeconds } = input.toolInput;
  const narrowed = {
    ...(input.gate === undefined ? {} : { gate: input.gate }),
    ...(input.from === undefined || input.from.length === 0 ? {} : { from: [...input.from] }),
  };
  return {
    version: 1,
    id: input.id ?? newId(),
    tool: input.tool,
    input: input.toolInput,
    environment: input.environment,
    cluster: input.cluster,
    actor: input.actor,
    ...(typeof reason === 'string' ? { reason } : {}),
    changes: previews.map(preview => preview.change),
    previews,
    risk: riskOfPlan(previews, input.maxTargets),
    digest: digestOf({
      environment: input.environment,
      cluster: input.cluster,
      actor: input.actor,
      previews,
      ...narrowed,
      keys: input.keys,
    }),
    ...narrowed,
    waitSeconds: typeof waitSeconds === 'number' ? waitSeconds : 60,
    ...(input.undoOf === undefined ? {} : { undoOf: input.undoOf }),
    createdAt: input.now.toISOString(),
    expiresAt: new Date(input.now.getTime() + input.ticketTtlSeconds * 1000).toISOString(),
  };
}

/**
 * The digest a person's approval is bound to: an HMAC over unredacted values, so that two secrets never share one.
 * It covers what the changes set and where they lead, by the configuration too, target uids, cluster and environment; not what the server
 * draws anew at each dry run, and no resourceVersion; of a gate all that it says, and the groups that may decide. `volatile` takes the place of the previews' own paths when a
 * plan is checked again: what was volatile then is left out now. A plan that sets secret values is also its asker's own:
 * that two of them share a ticket would tell the one what the other proposed.
 */
export function digestOf(input: {
  environment: string;
  cluster: ClusterIdentity;
  actor: Actor;
  previews: readonly Preview[];
  gate?: Gate | undefined;
  from?: readonly string[] | undefined;
  keys: Keys;
  volatile?: readonly (readonly string[])[];
}): string {
  const { uid, connection, user } = input.cluster;
  const content = {
    v: 1,
    environment: input.environment,
    cluster: { uid, connection, user },
    ...(input.gate === undefined ? {} : { gate: { ...input.gate } }),
    ...(input.from === undefined ? {} : { from: input.from }),
    ...(input.previews.some(({ told }) => told !== undefined) ? { for: input.actor.onBehalfOf } : {}),
    changes: input.previews.map((preview, index) => ({
      change: preview.change,
      operation: preview.operation,
      target: preview.target,
      uid: preview.uid ?? null,
      ...(preview.place === undefined ? {} : { place: preview.place }),
      effect: effectOf(preview, input.volatile?.[index] ?? preview.volatile),
      alongside: preview.operation === 'delete' ? cascadeOf(preview) : [],
    })),
  };
  return hmacHex(input.keys.digest, canonicalJson(content));
}

// Controllers make these by themselves and anew: which and how many there are changes while a person reads.
const madeByControllers = new Set(['Pod', 'ReplicaSet', 'Job', 'EndpointSlice', 'ControllerRevision']);

/** What goes along, as far as an approval is bound to it: everything by name but what controllers make. */
function cascadeOf({ alongside }: Preview): string[] {
  const lines = alongside.map(({ target, what }) =>
    madeByControllers.has(target.kind) ? target.kind : `${describeRef(target)}: ${what}`,
  );
  return [...new Set(lines)].toSorted();
}

function effectOf(preview: Preview, volatile: readonly string[]): unknown {
  // Of a deletion the content is no part: a counter that moved meanwhile deletes no other object.
  if (preview.operation === 'delete') return null;
  return differences(preview.before, preview.after).flatMap(difference => {
    if (volatile.some(path => covers(path, difference.path))) return [];
    if (!volatile.some(path => covers(difference.path, path))) return [difference];
    // A new subtree that holds a volatile place: what is around that place still counts.
    return [
      { path: difference.path, around: without(difference.after, { base: difference.path, volatile }) },
    ];
  });
}

function covers(outer: string, inner: string): boolean {
  return outer === inner || inner.startsWith(`${outer}/`);
}

function without(value: unknown, at: { base: string; volatile: readonly string[] }): unknown {
  if (at.volatile.includes(at.base)) return null;
  if (Array.isArray(value))
    return value.map((item: unknown, index) =>
      without(item, { ...at, base: `${at.base}/${nameOf(item) ?? index}` }),
    );
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      without(item, { ...at, base: `${at.base}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` }),
    ]),
  );
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null || !('name' in item)) return undefined;
  return typeof item.name === 'string' ? item.name : undefined;
}
