import type { Fix } from '../core/finding.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { describeRef, type Ref } from '../core/ref.ts';

// Fixes by the tools' names: an argument that no field of the cluster gives makes a question of it, not a fix.

/** `patch` as a strategic patch, or a list of JSON patch operations. */
export function patchFix(target: Ref, { patch, does }: { patch: JsonObject | Json[]; does: string }): Fix {
  return {
    tool: 'k8s_patch',
    arguments: {
      target: targetOf(target),
      patch: JSON.stringify(patch),
      ...(Array.isArray(patch) ? { type: 'json' } : {}),
    },
    does,
  };
}

/** Back to the revision that stood before; `revision` absent: the one before this. */
export function rollBackFix(target: Ref, { revision, does }: { revision?: number; does: string }): Fix {
  const to = revision === undefined ? {} : { toRevision: revision };
  return { tool: 'k8s_rollout', arguments: { target: targetOf(target), action: 'undo', ...to }, does };
}

/** Lets a paused rollout go on. */
export function resumeFix(target: Ref): Fix {
  return {
    tool: 'k8s_rollout',
    arguments: { target: targetOf(target), action: 'resume' },
    does: `Resume the rollout of ${describeRef(target)}`,
  };
}

export function scaleFix(target: Ref, replicas: number): Fix {
  return {
    tool: 'k8s_scale',
    arguments: { target: targetOf(target), replicas },
    does: `Scale ${describeRef(target)} to ${replicas}`,
  };
}

/** What k8s_set takes: `image: ['web=shop/web:1.4']`, `env: ['KEY=value']`, `resources: ['limits.memory=512Mi']`. */
export function setFix(
  target: Ref,
  {
    does,
    ...what
  }: { does: string; container?: string; image?: string[]; env?: string[]; resources?: string[] },
): Fix {
  return { tool: 'k8s_set', arguments: { target: targetOf(target), ...what }, does };
}

/** An object that is to be there. */
export function applyFix(manifest: JsonObject, does: string): Fix {
  return { tool: 'k8s_apply', arguments: { manifest: JSON.stringify(manifest) }, does };
}

export function deleteFix(target: Ref, does: string): Fix {
  return { tool: 'k8s_delete', arguments: { target: targetOf(target) }, does };
}

function targetOf({ kind, name, namespace }: Ref): JsonObject {
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
