import type { ResourceAccess } from '../../sandbox/authorize.ts';
import { storageOf } from '../../sandbox/resource.ts';
import type { Sandbox } from '../../sandbox/server.ts';
import { keyOf } from '../../sandbox/state.ts';

/** One sort of write: which right it takes, and on which objects. */
export interface WriteKind {
  verb: string;
  /** Empty: the core group. */
  group: string;
  resource: string;
  subresource?: string;
  /** Absent: of no namespace. */
  namespace?: string;
  /** None where it is about no object that is there yet. */
  names: string[];
}

/** What is asked so often by name that nobody gave a right for each. */
export const mostNames = 20;
/** These change nothing. */
const readVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
/** POSTs to these are questions. */
const reviews: ReadonlySet<string> = new Set(['authentication.k8s.io', 'authorization.k8s.io']);

/** Hears which writes a simulated cluster is asked for from here on, tries included: a server asks for the same right. */
export function hearWrites({ cluster }: Sandbox): () => readonly WriteKind[] {
  const kinds = new Map<string, WriteKind>();
  const note = ({ name, ...access }: ResourceAccess): void => {
    const { verb, group, resource, subresource, namespace } = access;
    const key = [verb, group, resource, subresource, namespace].join(' ');
    const kind = kinds.get(key) ?? {
      verb,
      group,
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      names: [],
    };
    kinds.set(key, kind);
    // One more than are asked about tells that there are more.
    if (name !== undefined && !kind.names.includes(name) && kind.names.length <= mostNames)
      kind.names.push(name);
  };
  cluster.heard = access => {
    if ('path' in access || readVerbs.has(access.verb) || reviews.has(access.group)) return;
    note(access);
    // An apply that makes an object takes both rights.
    if (access.verb === 'patch' && access.subresource === undefined && !isThere(access))
      note({ ...access, verb: 'create', name: undefined });
  };

  function isThere({ group, resource, namespace, name }: ResourceAccess): boolean {
    const found = cluster.resources.all().find(each => each.group === group && each.plural === resource);
    if (found === undefined || name === undefined) return false;
    return (
      cluster.state.get(storageOf(found), keyOf(found.namespaced ? namespace : undefined, name)) !== undefined
    );
  }

  return () => [...kinds.values()];
}
