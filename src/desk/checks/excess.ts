import type { Right } from '../../clients/kube/rights.ts';
import { type Json, objectsIn, textsIn } from '../../core/json.ts';
import type { Environment, Reach } from '../../pipeline/vigie.ts';
import type { Check } from './check.ts';
import { rightsNeeded } from './rights-needed.ts';

/** An administrator has hundreds; the gravest few say enough. */
const mostShown = 8;
/** Where rights that hold in all namespaces show, when the environment names none. */
const anyNamespace = 'default';

// What a server lets everybody ask about themselves.
const selfReviews = new Set(['selfsubjectaccessreviews', 'selfsubjectreviews', 'selfsubjectrulesreviews']);
const readVerbs = new Set(['get', 'list', 'watch']);

/** Compares what we may do with what the environment's policy leaves to us. More than that is a note: it works all the same. */
export async function excessCheck(
  { view, rules: policy }: Environment,
  { reach, namespace, readOnly }: { reach: Reach; namespace: string | undefined; readOnly: boolean },
): Promise<Check> {
  const { namespaced, cluster } = rightsNeeded({
    ...view,
    policy: readOnly ? { ...policy, low: 'deny', medium: 'deny', high: 'deny' } : policy,
  });
  const { resourceRules, incomplete } = await reach.reader.rules(namespace ?? anyNamespace);
  const excess = excessOf(resourceRules, [...namespaced, ...cluster]);
  const where = namespace === undefined ? 'anywhere' : `in ${namespace}`;
  const partly = incomplete === true ? ' (the server does not list all rights)' : '';
  const area = view.name;
  if (excess.length === 0)
    return { area, state: 'fine', what: `may do no more ${where} than Vigie needs${partly}` };
  const more = excess.length > mostShown ? `; and ${excess.length - mostShown} more` : '';
  return {
    area,
    state: 'note',
    what: `may also, ${where}: ${excess.slice(0, mostShown).join('; ')}${more}${partly}`,
    todo: `Give Vigie an account of its own: vigie init --harden -e ${view.name}`,
  };
}

/** What the rules of a SelfSubjectRulesReview allow beyond the rights: `secrets watch`, gravest first. */
export function excessOf(rules: Json | undefined, needed: readonly Right[]): string[] {
  const found = new Map<string, Set<string>>();
  for (const grant of grantsIn(rules)) {
    const { group, resource, verb } = grant;
    if (selfReviews.has(resource) || isNeeded(grant, needed)) continue;
    const label = labelOf(group, resource);
    found.set(label, (found.get(label) ?? new Set()).add(verb));
  }
  return [...found]
    .map(([label, verbs]) => ({ line: `${label} ${[...verbs].sort().join(', ')}`, grave: graveness(verbs) }))
    .sort((a, b) => b.grave - a.grave || (a.line < b.line ? -1 : 1))
    .map(({ line }) => line);
}

interface Grant {
  group: string;
  resource: string;
  verb: string;
  /** Empty: any object. */
  names: readonly string[];
}

function* grantsIn(rules: Json | undefined): Iterable<Grant> {
  for (const rule of objectsIn(rules))
    for (const group of textsIn(rule['apiGroups']))
      for (const resource of textsIn(rule['resources']))
        for (const verb of textsIn(rule['verbs']))
          yield { group, resource, verb, names: textsIn(rule['resourceNames']) };
}

function isNeeded(grant: Grant, needed: readonly Right[]): boolean {
  return needed.some(
    ({ group, resources, verbs, names }) =>
      group === grant.group &&
      resources.includes(grant.resource) &&
      verbs.includes(grant.verb) &&
      (names === undefined || (grant.names.length > 0 && grant.names.every(name => names.includes(name)))),
  );
}

function labelOf(group: string, resource: string): string {
  if (group === '*') return resource === '*' ? 'everything' : `${resource} of every group`;
  if (resource === '*') return group === '' ? 'everything of the core group' : `everything of ${group}`;
  return group === '' ? resource : `${resource}.${group}`;
}

function graveness(verbs: ReadonlySet<string>): number {
  if (verbs.has('*')) return 2;
  return [...verbs].some(verb => !readVerbs.has(verb)) ? 1 : 0;
}
