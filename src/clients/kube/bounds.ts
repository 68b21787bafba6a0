import { VigieError } from '../../core/errors.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import type { ApiPath } from './paths.ts';
import type { ResourceKind } from './resource-kind.ts';

/** What of the cluster an environment covers. */
export interface Bounds {
  /** Undefined: all of them. */
  namespaces: readonly string[] | undefined;
  /** Whether cluster-scoped objects may be changed; they may always be read. */
  clusterScoped: boolean;
}

/** The last word on where a request may go. @throws VigieError OUT_OF_BOUNDS */
export function assertWithin(bounds: Bounds, path: ApiPath, purpose: 'read' | 'change'): void {
  if (path.scope === 'server') return;
  if (path.scope === 'cluster') {
    if (purpose === 'change' && !bounds.clusterScoped) {
      throw outOfBounds(bounds, 'Cluster-scoped objects may be read in this environment, not changed', {
        hint: trusted`Set kube.clusterScoped: true for the environment in vigie.yaml to allow it.`,
      });
    }
    return;
  }
  if (bounds.namespaces === undefined) return;
  if (path.namespace === undefined) {
    throw outOfBounds(bounds, 'The environment covers some namespaces, not all of the cluster');
  }
  if (!bounds.namespaces.includes(path.namespace)) {
    throw outOfBounds(
      bounds,
      `Namespace ${JSON.stringify(path.namespace.slice(0, 80))} is outside of the environment`,
    );
  }
}

/**
 * The namespace of one object: the one named, else the environment's only one, else the connection's own.
 * Undefined for a cluster-scoped kind. @throws VigieError INVALID_INPUT when several are possible
 */
export function namespaceFor(
  kind: ResourceKind,
  input: { named: string | undefined; bounds: Bounds; fallback: string },
): string | undefined {
  if (!kind.namespaced) return undefined;
  if (input.named !== undefined) return input.named;
  const { namespaces } = input.bounds;
  if (namespaces === undefined) return input.fallback;
  const [only, ...others] = namespaces;
  if (only !== undefined && others.length === 0) return only;
  throw new VigieError('INVALID_INPUT', `${kind.kind} needs a namespace: the environment has several`, {
    hint: trusted`Name one of: ${namespaces.slice(0, 20)}.`,
    details: { allowed: [...namespaces] },
  });
}

/** The namespaces a list goes over; undefined: one request without a namespace covers it. */
export function namespacesFor(
  kind: ResourceKind,
  input: { named: string | undefined; bounds: Bounds },
): readonly string[] | undefined {
  if (!kind.namespaced) return undefined;
  if (input.named !== undefined) return [input.named];
  return input.bounds.namespaces;
}

function outOfBounds(bounds: Bounds, message: string, more: { hint?: Trusted } = {}): VigieError {
  const allowed = bounds.namespaces;
  return new VigieError('OUT_OF_BOUNDS', message, {
    hint: more.hint ?? trusted`Namespaces of this environment: ${(allowed ?? []).slice(0, 20)}.`,
    details: { allowed: allowed === undefined ? [] : [...allowed], clusterScoped: bounds.clusterScoped },
  });
}
