import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { type Access, rulesFor, whyAllowed } from '../authorize.ts';
import type { Resource } from '../resource.ts';
import { badRequest } from '../status.ts';
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
      status: status ?? { userInfo: { username: user.name, groups: [...user.groups] } },
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
    case 'LocalSubjectAccessReview':
      return allowedStatus(whyAllowed(cluster, { user: userOf(spec), access: accessOf(spec, namespace) }));
    case 'SelfSubjectRulesReview':
      return rulesStatus(everyRule(user, rulesFor(cluster, { user, namespace: text(spec['namespace']) })));
    default:
      return undefined;
  }
}

function allowedStatus(why: string | undefined): JsonObject {
  return { allowed: why !== undefined, ...(why ? { reason: why } : {}) };
}

function everyRule(user: User, rules: JsonObject[]): JsonObject[] {
  if (!user.groups.includes('system:masters')) return rules;
  return [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ];
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

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function userOf(spec: JsonObject): User {
  const groups = Array.isArray(spec['groups']) ? spec['groups'].filter(each => typeof each === 'string') : [];
  return { name: text(spec['user']), groups };
}

function accessOf(spec: JsonObject, namespace: string | undefined): Access {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (isObject(nonResourceAttributes)) {
    return { verb: text(nonResourceAttributes['verb']), path: text(nonResourceAttributes['path']) };
  }
  if (!isObject(resourceAttributes)) {
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  }
  const at = (member: string): string => text(resourceAttributes[member]);
  const [resource = '', inline] = at('resource').split('/');
  return {
    verb: at('verb'),
    group: at('group'),
    resource,
    subresource: at('subresource') || inline,
    namespace: at('namespace') || namespace,
    name: at('name') || undefined,
  };
}
