import type { Change } from '../core/change.ts';
import { VigieError } from '../core/errors.ts';
import { inParallel } from '../core/in-parallel.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import type { Preview } from '../core/preview.ts';
import { withOtherSecrets } from '../kubernetes/other-secrets.ts';
import { riskOf } from '../kubernetes/risk.ts';
import { comparable } from './changes/comparable.ts';
import { kindOf } from './changes/index.ts';
import type { Prospect } from './changes/kind.ts';
import { placeOf } from './changes/place-of.ts';
import type { ChangingReach } from './vigie.ts';

// Previews are reads; a few at once keep a plan of fifty documents quick without crowding the server.
export const atOnce = 4;

/** Previews every change with the server's own dry run, in the order of the changes, and judges the risk of each. */
export async function previewAll(changes: readonly Change[], reach: ChangingReach): Promise<Preview[]> {
  const prospects = await inParallel(changes, {
    atOnce,
    task: change => previewOne(change, { reach, changes }),
  });
  return prospects.map(judged);
}

/** A prospect with its risk, which like all that the asker sees does not depend on a secret value that was sent. */
export function judged(prospect: Prospect): Preview {
  const { change, after } = prospect;
  const told =
    prospect.told ??
    (prospect.operation === 'create' && after !== undefined ? withOtherSecrets(after) : undefined);
  const shown = told === undefined ? prospect : { ...prospect, told };
  const seen = told === undefined ? shown : { ...shown, after: told };
  const kind = kindOf(change);
  return { ...shown, risk: kind.riskOf?.(change, seen) ?? riskOf(seen, kind.alwaysGrave?.(change)) };
}

/** A change as the server would make it; one that stands on another of its plan as it is written. */
export async function previewOne(
  change: Change,
  plan: { reach: ChangingReach; changes: readonly Change[] },
): Promise<Prospect> {
  try {
    const [prospect, place] = await Promise.all([
      kindOf(change).preview(change, plan.reach),
      placeOf(change, plan.reach),
    ]);
    return place === undefined ? prospect : { ...prospect, place };
  } catch (error) {
    const why = standsOn(change, plan.changes);
    const missing =
      error instanceof VigieError && (error.code === 'NOT_FOUND' || error.code === 'UNKNOWN_KIND');
    if (why === undefined || !missing || change.kind !== 'k8s-apply') throw error;
    // The server cannot try what stands on an object that the same plan creates first: it is shown as written.
    const after: JsonObject = comparable(change.manifest as Parameters<typeof comparable>[0]);
    return {
      change,
      operation: 'create',
      target: change.target,
      after,
      volatile: [],
      warnings: [],
      alongside: [],
      undo: { possible: true },
      serverChecked: why,
    };
  }
}

/** Why a change cannot be tried before another of its plan is done: its namespace or its kind comes with the plan. */
function standsOn(change: Change, changes: readonly Change[]): string | undefined {
  for (const other of changes) {
    if (other.kind !== 'k8s-apply' || other === change) continue;
    if (other.target.kind === 'Namespace' && other.target.name === change.target.namespace)
      return `its namespace ${other.target.name} is created by the same plan`;
    if (
      other.target.kind === 'CustomResourceDefinition' &&
      kindDefinedBy(other.manifest) === change.target.kind
    )
      return `its kind ${change.target.kind} is created by the same plan`;
  }
  return undefined;
}

function kindDefinedBy(definition: JsonObject): unknown {
  const { spec } = definition;
  return isObject(spec) && isObject(spec['names']) ? spec['names']['kind'] : undefined;
}
