import type { AccessQuestion, KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { nearestNames } from '../../core/nearest.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { Identity, Wanted } from '../../kubernetes/access-rules.ts';
import { splitApiVersion } from '../../kubernetes/object.ts';
import type { EnvironmentView } from '../../toolkit/tool.ts';

/** What is asked, and in which places. */
export interface Question {
  wanted: Wanted;
  /** `create pods/exec`: in the cluster's own words, so that nothing a caller typed comes back. */
  words: string;
  /** Undefined: all namespaces, or the cluster itself. */
  places: readonly (string | undefined)[];
  namespaced: boolean;
  /** Whether a namespace that was named is known to exist. */
  found: boolean;
}

const plainVerbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
// Verbs that stand for no request of their own; RBAC and admission ask for them.
const otherVerbs = ['use', 'bind', 'escalate', 'impersonate', 'approve', 'sign', 'attest', '*'];

/** @throws VigieError UNKNOWN_KIND, INVALID_INPUT for a verb or subresource that there is not */
export async function questionOf(
  kube: KubeReader,
  asked: {
    verb: string;
    resource: string;
    name: string | undefined;
    namespace: string | undefined;
    environment: EnvironmentView;
  },
): Promise<Question> {
  const [resource = '', ...rest] = asked.resource.split('/');
  const subresource = rest.length === 0 ? undefined : rest.join('/');
  const kind = await kube.resolve(resource);
  const known = subresource === undefined ? [...kind.verbs, ...otherVerbs] : [...plainVerbs, '*'];
  if (!known.includes(asked.verb)) throw unknownWord('verb', { typed: asked.verb, known });
  if (subresource !== undefined && !kind.subresources.includes(subresource))
    throw unknownWord('resource', { typed: subresource, known: kind.subresources });
  const { namespaces } = asked.environment;
  const places = !kind.namespaced
    ? [undefined]
    : asked.namespace === undefined
      ? (namespaces ?? [undefined])
      : [asked.namespace];
  return {
    wanted: {
      verb: asked.verb,
      group: splitApiVersion(kind.apiVersion).group,
      resource: kind.resource,
      subresource,
      name: asked.name,
    },
    words: `${asked.verb} ${kind.resource}${subresource === undefined ? '' : `/${subresource}`}${asked.name === undefined ? '' : ' of that name'}`,
    places,
    namespaced: kind.namespaced,
    found: kind.namespaced && namespaces === undefined && (await exists(kube, asked.namespace)),
  };
}

async function exists(kube: KubeReader, namespace: string | undefined): Promise<boolean> {
  if (namespace === undefined) return false;
  try {
    return (await kube.find({ kind: 'Namespace', apiVersion: 'v1', name: namespace })) !== undefined;
  } catch (error) {
    // An answer about rights in it needs no right to see it.
    if (error instanceof VigieError && error.code === 'FORBIDDEN') return false;
    throw error;
  }
}

/** The question as the API server wants it, for one place. */
export function asReview({ wanted }: Question, namespace: string | undefined): AccessQuestion {
  const { verb, group, resource, subresource, name } = wanted;
  return {
    verb,
    group,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** Who is meant by `alice`, `group:ops` or `sa:shop/builder`, with the groups that everybody of their sort is in. */
export function identityOf(text: string): Identity {
  const account = /^(?:sa:|system:serviceaccount:)([^/:]+)[/:]([^/:]+)$/.exec(text);
  if (account !== null) {
    const [, namespace = '', name = ''] = account;
    return {
      user: `system:serviceaccount:${namespace}:${name}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    };
  }
  if (text.startsWith('sa:')) {
    throw new VigieError('INVALID_INPUT', 'as: names no service account', {
      hint: 'Write it as sa:NAMESPACE/NAME.',
      details: { issues: [{ field: 'as', message: 'names no service account' }] },
    });
  }
  if (text.startsWith('group:'))
    return { user: '', groups: [text.slice('group:'.length), 'system:authenticated'] };
  return { user: text, groups: ['system:authenticated'] };
}

function unknownWord(
  field: 'verb' | 'resource',
  { typed, known }: { typed: string; known: readonly string[] },
): VigieError {
  const nearest = nearestNames(typed, known);
  const message = field === 'verb' ? 'the resource has no such verb' : 'the resource has no such subresource';
  return new VigieError('INVALID_INPUT', `${field}: ${message}`, {
    hint: nearest.length > 0 ? trusted`Did you mean ${nearest}?` : trusted`There is: ${known}.`,
    details: { issues: [{ field, message }], nearest },
  });
}
