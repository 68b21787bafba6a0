import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { isObject, type JsonObject, textOf } from '../core/json.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { objectOf } from '../kubernetes/validation/problem.ts';
import type { Cluster } from './cluster.ts';
import { accountUser, type User } from './user.ts';

/** Who issues the tokens of accounts, and whom they are meant for when they say nothing else. */
export const tokenIssuer = 'https://kubernetes.default.svc';

/** The form of such a token: three parts, of which the first begins as every JSON object does. */
export const tokenForm = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

/** A token that stands for a service account until it expires or the account is gone. */
export function issueToken(
  cluster: Cluster,
  { account, audiences, seconds }: { account: KubeObject; audiences: readonly string[]; seconds: number },
): string {
  const { name, namespace, uid } = account.metadata;
  const now = Math.floor(cluster.clock.now() / 1_000);
  const claims: JsonObject = {
    aud: [...audiences],
    exp: now + seconds,
    iat: now,
    iss: tokenIssuer,
    jti: randomUUID(),
    'kubernetes.io': { namespace, serviceaccount: { name, uid } },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
  const text = [{ alg: 'HS256' }, claims].map(part => encoded(JSON.stringify(part))).join('.');
  return `${text}.${signature(cluster, text)}`;
}

/** Whom a token stands for; undefined when it is none of ours, has expired, is for others or its account is gone. */
export function userOfToken(
  cluster: Cluster,
  { token, audience = tokenIssuer }: { token: string; audience?: string },
): User | undefined {
  if (!tokenForm.test(token)) return undefined;
  const end = token.lastIndexOf('.');
  if (!isSameSecret(token.slice(end + 1), signature(cluster, token.slice(0, end)))) return undefined;
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  if (!isObject(claims) || Number(claims['exp']) * 1_000 <= cluster.clock.now()) return undefined;
  if (!Array.isArray(claims['aud']) || !claims['aud'].includes(audience)) return undefined;
  const bound = objectOf(claims, 'kubernetes.io');
  const account = objectOf(bound, 'serviceaccount');
  const place = { namespace: textOf(bound, 'namespace'), name: textOf(account, 'name') };
  const live = cluster.state.get('/serviceaccounts', `${place.namespace}/${place.name}`);
  if (live?.metadata.uid === undefined || live.metadata.uid !== account['uid']) return undefined;
  const id = `JTI=${textOf(claims, 'jti')}`;
  return {
    ...accountUser(place),
    uid: live.metadata.uid,
    extra: { 'authentication.kubernetes.io/credential-id': [id] },
  };
}

/** In a time that does not tell how much of it is right. */
export function isSameSecret(given: string, wanted: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(wanted)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

function signature({ signingKey }: Cluster, text: string): string {
  return createHmac('sha256', signingKey).update(text).digest('base64url');
}
