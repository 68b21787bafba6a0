import type { ApplyConflict } from './server-side-apply.ts';

/** The message of the 409 that answers conflicts, in the server's words: one line each where there are several. */
export function conflictMessage(conflicts: readonly ApplyConflict[]): string {
  const [only] = conflicts;
  if (conflicts.length === 1 && only !== undefined) {
    return `Apply failed with 1 conflict: ${conflictCause(only)}: ${only.field}`;
  }
  const lines = [...Map.groupBy(conflicts, describeOwner)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([owner, fields]) => [`conflicts with ${owner}:`, ...fields.map(({ field }) => `- ${field}`)]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

/** The message of one cause: `conflict with "kubectl" using apps/v1`. */
export function conflictCause(conflict: ApplyConflict): string {
  return `conflict with ${describeOwner(conflict)}`;
}

function describeOwner({ manager, operation, apiVersion, subresource }: ApplyConflict): string {
  const name = subresource === undefined ? `"${manager}"` : `"${manager}" with subresource "${subresource}"`;
  if (operation === 'Apply') return name;
  return `${name} using ${apiVersion}`;
}
