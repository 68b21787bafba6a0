import type { IncomingHttpHeaders } from 'node:http';
import { type Access, requireAllowed } from './authorize.ts';
import type { Cluster } from './cluster.ts';
import { badRequest, failure } from './status.ts';
import { isSameSecret, tokenForm, userOfToken } from './tokens.ts';
import { accountUser, administrator, type User } from './user.ts';

/**
 * kubectl sends no credentials over plain HTTP, whatever its kubeconfig says, but it keeps the path of its server's
 * address: a kubeconfig therefore carries its token there too. Returns the URL without it.
 */
export function takeToken(url: string, token: string): { url: string; given: string | undefined } {
  const [, first = '', rest = '/'] = /^\/([^/?]*)(.*)$/.exec(url) ?? [];
  if (!isSameSecret(first, token) && !tokenForm.test(first)) return { url, given: undefined };
  return { url: rest.startsWith('/') ? rest : `/${rest}`, given: first };
}

/**
 * Who asks: the administrator by the sandbox's own token, a service account by one of its own, or whom either of them
 * asks to act as. Unauthorized without a token that holds; Forbidden without the right to act as another.
 */
export function authenticate(
  cluster: Cluster,
  {
    headers,
    given,
    token,
  }: { headers: IncomingHttpHeaders; given: string | undefined /** The administrator's. */; token: string },
): User {
  const shown = given ?? /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  const user = isSameSecret(shown, token) ? administrator : userOfToken(cluster, { token: shown });
  if (user === undefined) throw failure(401, { reason: 'Unauthorized', message: 'Unauthorized' });
  const wanted = impersonated(headers);
  if (wanted === undefined) return user;
  for (const access of accessesOf(wanted)) requireAllowed(cluster, { user, access });
  return wanted.user;
}

/** Somebody to act as. */
interface Impersonated {
  user: User;
  /** The groups that were named: others come with the name. */
  groups: string[];
}

function impersonated(headers: IncomingHttpHeaders): Impersonated | undefined {
  const name = one(headers['impersonate-user']);
  const groups = many(headers['impersonate-group']);
  const uid = one(headers['impersonate-uid']);
  const extra: Record<string, string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (header.startsWith('impersonate-extra-'))
      extra[decodeKey(header.slice('impersonate-extra-'.length))] = many(value);
  }
  if (name === '') {
    if (groups.length > 0) throw badRequest('requested groups without impersonating a user');
    if (uid !== '') throw badRequest('requested a uid without impersonating a user');
    if (Object.keys(extra).length > 0)
      throw badRequest('requested extra fields without impersonating a user');
    return undefined;
  }
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  const usual =
    namespace === undefined || account === undefined || groups.length > 0
      ? { name, groups: [...groups, 'system:authenticated'] }
      : accountUser({ namespace, name: account });
  return {
    user: {
      ...usual,
      groups: [...new Set(usual.groups)],
      ...(uid === '' ? {} : { uid }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    },
    groups,
  };
}

/** What one must be allowed to act as somebody: each part by itself. */
function accessesOf({ user, groups }: Impersonated): Access[] {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user.name) ?? [];
  const verb = 'impersonate';
  const authentication = { verb, group: 'authentication.k8s.io' };
  return [
    namespace === undefined
      ? { verb, group: '', resource: 'users', name: user.name }
      : { verb, group: '', resource: 'serviceaccounts', namespace, name: account },
    ...groups.map(name => ({ verb, group: '', resource: 'groups', name })),
    ...(user.uid === undefined ? [] : [{ ...authentication, resource: 'uids', name: user.uid }]),
    ...Object.entries(user.extra ?? {}).flatMap(([subresource, values]) =>
      values.map(name => ({ ...authentication, resource: 'userextras', subresource, name })),
    ),
  ];
}

function one(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? '';
}

/** Node joins a header that is sent several times. */
function many(header: string | string[] | undefined): string[] {
  const parts = Array.isArray(header) ? header : (header ?? '').split(',');
  return parts.map(each => each.trim()).filter(each => each !== '');
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
