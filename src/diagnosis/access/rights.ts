import { objectsIn, textOf, textsIn } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import { grantsFor } from '../../kubernetes/access-grants.ts';
import { allows, type Wanted } from '../../kubernetes/access-rules.ts';
import type { ClusterRoleBinding, RoleBinding } from '../../kubernetes/kinds/access.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { Snapshot } from '../snapshot.ts';

const bootstrapping = 'kubernetes.io/bootstrapping';

export type Binding = RoleBinding | ClusterRoleBinding;

/** Every binding that people made; those of the server itself name accounts that not every cluster has. */
export function bindingsIn(snapshot: Snapshot): Binding[] {
  return [...snapshot.of('RoleBinding'), ...snapshot.of('ClusterRoleBinding')].filter(
    ({ metadata }) => metadata.labels?.[bootstrapping] === undefined,
  );
}

/** Every role that people made. */
export function rolesIn(snapshot: Snapshot): KubeObject[] {
  return [...snapshot.list('Role'), ...snapshot.list('ClusterRole')].filter(
    ({ metadata }) => metadata.labels?.[bootstrapping] === undefined,
  );
}

/** What a binding gives; a RoleBinding may name a ClusterRole. */
export function roleOf({ roleRef, metadata }: Binding): Ref {
  const kind = textOf(roleRef, 'kind');
  const name = textOf(roleRef, 'name');
  return kind === 'Role' && metadata.namespace !== undefined
    ? { kind, name, namespace: metadata.namespace }
    : { kind, name };
}

/** The subjects as they stand: of files nothing is sure. */
export function subjectsOf(
  binding: Binding,
): { kind: string; name: string; namespace: string; apiGroup: string }[] {
  const { subjects } = binding;
  return objectsIn(subjects).map(subject => ({
    kind: textOf(subject, 'kind'),
    name: textOf(subject, 'name'),
    namespace: textOf(subject, 'namespace'),
    apiGroup: textOf(subject, 'apiGroup'),
  }));
}

type Grants = ReturnType<typeof grantsFor>;

// A log says of one account again and again what it may not do.
const known = new WeakMap<Snapshot, Map<string, Grants>>();

/** Whether roles and bindings that were read give an account a right; undefined: not all of them could be read. */
export function mayDo(
  account: { name: string; namespace: string },
  { wanted, inNamespace, snapshot }: { wanted: Wanted; inNamespace: string | undefined; snapshot: Snapshot },
): boolean | undefined {
  const { name, namespace } = account;
  const identity = {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  };
  const grants = known.get(snapshot) ?? new Map<string, Grants>();
  known.set(snapshot, grants);
  const key = JSON.stringify([namespace, name, inNamespace]);
  const found = grants.get(key) ?? grantsFor(identity, { view: snapshot, namespace: inNamespace });
  grants.set(key, found);
  const given = found.some(({ rule }) => allows(rule, wanted));
  if (given) return true;
  const seen =
    snapshot.sees('ClusterRole') &&
    snapshot.sees('ClusterRoleBinding') &&
    (inNamespace === undefined ||
      (snapshot.sees('Role', inNamespace) && snapshot.sees('RoleBinding', inNamespace)));
  return seen ? false : undefined;
}

/** Whether a role speaks of a resource, in whatever group, or by the beginning of its name (`pod`, `deploy`). */
export function namesResource(role: KubeObject, resource: string): boolean {
  const named = objectsIn(role['rules']).flatMap(rule => textsIn(rule['resources']));
  return named.some(name => name !== '' && resource.startsWith(name.toLowerCase()));
}
