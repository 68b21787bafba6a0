import { isObject, type Json, type JsonObject, textIn, textsIn } from '../../core/json.ts';
import { invalid as wrongValue } from '../../kubernetes/validation/problem.ts';
import { type Access, rulesFor, whyAllowed } from '../authorize.ts';
import type { Cluster } from '../cluster.ts';
import type { Resource } from '../resource.ts';
import { badRequest, invalid } from '../status.ts';
import { tokenIssuer, userOfToken } from '../tokens.ts';
import type { User } from '../user.ts';
import { readObject } from './body.ts';
import { type Exchange, sendJson } from './exchange.ts';

/** The kinds that are questions: a POST answers them and nothing is stored. */
export function isReview(resource: Resource): boolean {
  return resource.group === 'authentication.k8s.io' || resource.group === 'authorization.k8s.io';
}

/** POST of a review: who am I, may I, may they, what may I. */
export async function answerReview(
  exchange: Exchange,
  { resource, namespace }: { resource: Resource; namespace: string | undefined },
): Promise<void> {
  const review = await readObject(exchange, { resource, namespace, name: undefined });
  const { user } = exchange;
  const status = statusFor(exchange, { kind: resource.kind, spec: review.spec ?? {}, namespace });
  const { apiVersion, kind } = review;
  await sendJson(
    exchange,
    {
      kind,
      apiVersion,
      metadata: kind === 'SelfSubjectReview' ? { creationTimestamp: exchange.cluster.clock.timestamp() } : {},
      ...(review.spec === undefined ? {} : { spec: review.spec }),
      status: status ?? { userInfo: describeUser(user) },
    },
    201,
  );
}

function statusFor(
  { cluster, user }: Exchange,
  { kind, spec, namespace }: { kind: string; spec: JsonObject; namespace: string | undefined },
): JsonObject | undefined {
  switch (kind) {
    case 'SelfSubjectAccessReview':
      return allowedStatus(whyAllowed(cluster, { user, access: accessOf(spec, namespace) }));
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview': {
      const access = accessOf(spec, namespace);
      return allowedStatus(whyAllowed(cluster, { user: userOf(spec), access }));
    }
    case 'SelfSubjectRulesReview':
      if (textIn(spec['namespace']) === '') throw badRequest('no namespace on request');
      return rulesStatus(rulesFor(cluster, { user, namespace: textIn(spec['namespace']) }));
    case 'TokenReview':
      return tokenStatus(cluster, spec);
    default:
      return undefined;
  }
}

function allowedStatus(why: string | undefined): JsonObject {
  return { allowed: why !== undefined, ...(why ? { reason: why } : {}) };
}

function tokenStatus(cluster: Cluster, spec: JsonObject): JsonObject {
  const [audience = tokenIssuer] = textsIn(spec['audiences']);
  const user = userOfToken(cluster, { token: textIn(spec['token']), audience });
  if (user === undefined) return { user: {}, error: 'the sandbox issued no such token, or it holds no more' };
  return { authenticated: true, user: describeUser(user), audiences: [audience] };
}

function describeUser({ name, groups, uid, extra }: User): JsonObject {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined ? {} : { extra }),
  };
}

function rulesStatus(rules: readonly JsonObject[]): JsonObject {
  const copies = (member: 'resources' | 'nonResourceURLs'): JsonObject[] =>
    rules.filter(rule => Array.isArray(rule[member])).map(rule => ({ ...rule }));
  return {
    resourceRules: copies('resources'),
    nonResourceRules: copies('nonResourceURLs'),
    incomplete: false,
  };
}

function userOf(spec: JsonObject): User {
  const user = { name: textIn(spec['user']), groups: textsIn(spec['groups']) };
  if (user.name !== '' || user.groups.length > 0) return user;
  throw refusal('spec.user', { value: '', why: 'at least one of user or group must be specified' });
}

/** A real server has no kind to name here. */
function refusal(field: string, { value, why }: { value: Json; why: string }): Error {
  return invalid({ apiVersion: 'authorization.k8s.io/v1', kind: '', name: '' }, [
    wrongValue(field, { value, detail: why }),
  ]);
}

function accessOf(spec: JsonObject, namespace: string | undefined): Access {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (isObject(nonResourceAttributes) && isObject(resourceAttributes)) {
    const [Path, Verb] = [textIn(nonResourceAttributes['path']), textIn(nonResourceAttributes['verb'])];
    const why = 'cannot be specified in combination with resourceAttributes';
    throw refusal('spec.nonResourceAttributes', { value: { Path, Verb }, why });
  }
  if (isObject(nonResourceAttributes)) {
    return { verb: textIn(nonResourceAttributes['verb']), path: textIn(nonResourceAttributes['path']) };
  }
  if (!isObject(resourceAttributes)) {
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  }
  const at = (member: string): string => textIn(resourceAttributes[member]);
  const [resource = '', inline] = at('resource').split('/');
  if (namespace !== undefined && at('namespace') !== '' && at('namespace') !== namespace) {
    const why = 'must match metadata.namespace';
    throw refusal('spec.resourceAttributes.namespace', { value: at('namespace'), why });
  }
  return {
    verb: at('verb'),
    group: at('group'),
    resource,
    subresource: at('subresource') || inline,
    namespace: at('namespace') || namespace,
    name: at('name') || undefined,
  };
}
