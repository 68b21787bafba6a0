import { listOf, textOf } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { AuditView } from './rule.ts';

// A message names whom it concerns; beyond these a count does.
const mostNamed = 3;

export function bindingsIn(view: AuditView): KubeObject[] {
  return [...view.list('RoleBinding'), ...view.list('ClusterRoleBinding')];
}

/** Who has a role: `ServiceAccount ci/deploy, Group devs`; undefined: nobody, as far as all bindings are seen. */
export function holdersOf(role: KubeObject, view: AuditView): string | undefined {
  const { name, namespace } = role.metadata;
  const subjects = bindingsIn(view)
    .filter(binding => {
      const { kind, name: to } = refOf(binding);
      return (
        kind === role.kind &&
        to === name &&
        (namespace === undefined || binding.metadata.namespace === namespace)
      );
    })
    .flatMap(binding => listOf(binding, 'subjects').map(subject => subjectText(subject, binding)));
  const named = [...new Set(subjects)].sort();
  if (named.length === 0) return undefined;
  const more = named.length - mostNamed;
  return `${named.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What a binding binds to. */
export function refOf(binding: KubeObject): { kind: string; name: string } {
  return { kind: textOf(binding['roleRef'], 'kind'), name: textOf(binding['roleRef'], 'name') };
}

function subjectText(subject: object, binding: KubeObject): string {
  const kind = textOf(subject, 'kind');
  const name = textOf(subject, 'name');
  if (kind !== 'ServiceAccount') return `${kind} ${name}`;
  return `${kind} ${textOf(subject, 'namespace') || (binding.metadata.namespace ?? '')}/${name}`;
}

const builtInRoles: readonly string[] = ['cluster-admin', 'admin', 'edit', 'view'];

/** What the server makes itself, and makes again where it is changed. */
export function isBuiltIn({ kind, metadata }: KubeObject): boolean {
  if (kind === 'ClusterRole' && builtInRoles.includes(metadata.name)) return true;
  const labels = metadata.labels ?? {};
  return Object.hasOwn(labels, 'kubernetes.io/bootstrapping') || metadata.name.startsWith('system:');
}
