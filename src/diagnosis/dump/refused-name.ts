import { cleanLine } from '../../core/text.ts';
import { isKnownKind } from '../../kubernetes/kinds.ts';

// Of the API: a path has room for no more, and a label of DNS for 63.
const nameChars = 253;
const subdomain = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const kindForm = /^[A-Za-z][A-Za-z0-9-]{0,62}$/;
const versionForm = /^[A-Za-z0-9][A-Za-z0-9./-]{0,316}$/;

/** Kinds whose names may hold nearly anything: `system:node-proxier`. */
const freelyNamed: ReadonlySet<string> = new Set([
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
]);

/**
 * Which of the words that name an object no API server would take; undefined: all would do. They end in commands and lines
 * of their own, where a server's names can be nothing else than names.
 */
export function refusedName(object: {
  kind: string;
  apiVersion: string;
  name: string;
  namespace: string;
}): 'kind' | 'apiVersion' | 'name' | 'namespace' | undefined {
  const { kind, apiVersion, name, namespace } = object;
  if (!kindForm.test(kind)) return 'kind';
  if (!versionForm.test(apiVersion)) return 'apiVersion';
  if (namespace !== '' && !label.test(namespace)) return 'namespace';
  return isName(name, kind) ? undefined : 'name';
}

function isName(name: string, kind: string): boolean {
  if (name.length > nameChars) return false;
  if (isKnownKind(kind) && !freelyNamed.has(kind)) return subdomain.test(name);
  return cleanLine(name, nameChars) === name && !/^[-.]|[\t/%]/.test(name);
}
