import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { type Extent, extentOf, rulesOf, type Wanted } from '../../kubernetes/access-rules.ts';
import type { ClusterRoleBinding, RoleBinding, Subject } from '../../kubernetes/kinds/access.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
// Past any cluster that people keep in order; more is read in part, and the answer says so.
const mostObjects = 20_000;

/** Somebody who is given something, and by what. */
export interface Grant {
  subject: Subject;
  binding: ClusterRoleBinding | RoleBinding;
  extent: Extent;
}

/** What the access rules give, as far as they could be read. */
export interface Grants {
  grants: Grant[];
  /** Kinds of rules that could not be read, each with why; and bindings to roles among them. */
  notChecked: string[];
}

/** Everybody whom roles and bindings allow something: in a namespace, or, without one, in the whole cluster. */
export async function grantsOf(
  kube: KubeReader,
  { wanted, namespace }: { wanted: Wanted; namespace: string | undefined },
): Promise<Grants> {
  const notChecked: string[] = [];
  const read = (kind: string) => readRules(kube, { kind, namespace, notChecked });
  const [clusterRoles, clusterBindings] = [await read('ClusterRole'), await read('ClusterRoleBinding')];
  const roles = namespace === undefined ? [] : await read('Role');
  const bindings = namespace === undefined ? [] : await read('RoleBinding');
  const extents = new Map<string, Extent | undefined>();
  for (const role of [...(clusterRoles ?? []), ...(roles ?? [])]) {
    extents.set(`${role.kind}/${role.metadata.name}`, extentOf(rulesOf(role, clusterRoles ?? []), wanted));
  }
  const grants: Grant[] = [];
  let unread = 0;
  for (const binding of [...(clusterBindings ?? []), ...(bindings ?? [])]) {
    if (!isKind(binding, 'ClusterRoleBinding') && !isKind(binding, 'RoleBinding')) continue;
    const { kind, name } = binding.roleRef;
    if ((kind === 'ClusterRole' ? clusterRoles : roles) === undefined) unread += 1;
    const extent = extents.get(`${kind}/${name}`);
    if (extent === undefined) continue;
    grants.push(...(binding.subjects ?? []).map(subject => ({ subject, binding, extent })));
  }
  if (unread > 0) notChecked.push(`${unread} bindings: their roles could not be read`);
  return { grants, notChecked };
}

async function readRules(
  kube: KubeReader,
  { kind, namespace, notChecked }: { kind: string; namespace: string | undefined; notChecked: string[] },
): Promise<KubeObject[] | undefined> {
  const inNamespace = kind === 'Role' || kind === 'RoleBinding';
  const found: KubeObject[] = [];
  try {
    const place = inNamespace && namespace !== undefined ? { namespace } : {};
    for await (const page of kube.listAll({ kind, apiVersion, ...place })) {
      found.push(...page);
      if (found.length <= mostObjects) continue;
      notChecked.push(`${kind}: more than ${mostObjects}, only the first were read`);
      break;
    }
    return found;
  } catch (error) {
    // What may not be read is named in the answer, beside what could be.
    if (!(error instanceof VigieError) || error.code !== 'FORBIDDEN') throw error;
    notChecked.push(`${kind}: Vigie may not read them`);
    return undefined;
  }
}
