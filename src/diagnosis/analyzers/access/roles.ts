import { objectsIn, textsIn } from '../../../core/json.ts';
import { allows } from '../../../kubernetes/access-rules.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { allKinds, type KindInfo } from '../../../kubernetes/schema.ts';
import { bindingsIn, roleOf, rolesIn } from '../../access/rights.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { keyOf, type Snapshot } from '../../snapshot.ts';

type Code = 'ROLE_GROUP_WRONG' | 'ROLE_RESOURCE_WRONG';

/** A rule that gives nothing of what it names, and the operation that mends it. */
interface Mistake {
  code: Code;
  at: string;
  /** `deployments`, as it stands. */
  resource: string;
  says: string;
  patch: { op: string; path: string; value: string } | undefined;
}

/** Roles whose rules name what the server knows by another name. */
export const rolesAnalyzer = defineAnalyzer<Code>({
  id: 'roles',
  needs: [
    'Role',
    'ClusterRole',
    'RoleBinding',
    'ClusterRoleBinding',
    'CustomResourceDefinition',
    'APIService',
  ],
  codes: {
    ROLE_GROUP_WRONG: {
      row: 'rbac',
      means: 'A rule of a role names a resource in a group that does not have it, and so gives nothing.',
      decided:
        'The resource is one of Kubernetes, none of the groups of the rule has it or serves anything of its name, and no other rule of the role gives it. A note where nobody is given the role.',
      fixed: 'Add the group that has the resource.',
    },
    ROLE_RESOURCE_WRONG: {
      row: 'rbac',
      means:
        'A rule of a role names a resource by its kind, its singular or its short name, and so gives nothing.',
      decided:
        'The group of the rule has no resource of the name, and one whose kind, singular or short name it is.',
      fixed: 'The plural, in lower case.',
    },
  },

  analyze(snapshot) {
    const given = new Set(bindingsIn(snapshot).map(binding => keyOf(roleOf(binding))));
    const served = customGroups(snapshot);
    return rolesIn(snapshot).flatMap((role): Draft<Code>[] => {
      const mistakes = mistakesIn(role, served);
      const [first] = mistakes;
      if (first === undefined) return [];
      const patch = patchOf(mistakes);
      const more = mistakes.length - 1;
      return [
        {
          code: first.code,
          severity: given.has(keyOf(refOf(role))) ? 'warning' : 'note',
          object: refOf(role),
          summary: `${first.says}${more === 0 ? '' : `, and ${more} more like it`}`,
          evidence: mistakes.slice(0, 3).map(({ at, resource }) => quoteField(at, resource)),
          confidence: 'certain',
          ...(patch !== undefined
            ? {
                fixes: [
                  patchFix(refOf(role), {
                    patch,
                    does: `Name them as the server does: ${patch.map(({ value }) => (value === '' ? 'the core group' : value)).join(', ')}`,
                  }),
                ],
              }
            : { fixes: [], question: 'Which group is meant?' }),
          depth: 2,
        },
      ];
    });
  },
});

/** What mends all mistakes; resources of one rule often lack the same group. */
function patchOf(mistakes: readonly Mistake[]): NonNullable<Mistake['patch']>[] | undefined {
  const patch = new Map<string, NonNullable<Mistake['patch']>>();
  for (const mistake of mistakes) {
    if (mistake.patch === undefined) return undefined;
    patch.set(JSON.stringify(mistake.patch), mistake.patch);
  }
  return [...patch.values()];
}

/** Groups that are not Kubernetes' own; undefined: nobody could look. */
function customGroups(snapshot: Snapshot): ReadonlySet<string> | undefined {
  if (!snapshot.sees('CustomResourceDefinition') || !snapshot.sees('APIService')) return undefined;
  return new Set([
    ...snapshot.of('CustomResourceDefinition').map(({ spec }) => spec.group),
    ...snapshot.of('APIService').flatMap(({ spec }) => spec.group ?? []),
  ]);
}

function mistakesIn(role: KubeObject, served: ReadonlySet<string> | undefined): Mistake[] {
  if (role['aggregationRule'] !== undefined) return [];
  const rules = objectsIn(role['rules']);
  return rules.flatMap((rule, index) => {
    const groups = textsIn(rule['apiGroups']);
    // A group that others serve may have anything of any name.
    const custom = groups.some(group => group === '*' || isCustom(group, served));
    if (custom || groups.length === 0) return [];
    return textsIn(rule['resources']).flatMap((resource, place): Mistake[] => {
      const mistake = mistakeIn(resource, groups);
      if (mistake === undefined) return [];
      const { group } = mistake;
      const elsewhere = rules.some(
        other =>
          other !== rule &&
          group !== undefined &&
          textsIn(rule['verbs']).every(verb => allows(other, { verb, group, resource: baseOf(resource) })),
      );
      if (elsewhere) return [];
      return [
        {
          code: mistake.code,
          at: `rules[${index}].${mistake.code === 'ROLE_GROUP_WRONG' ? `apiGroups ${JSON.stringify(groups)}, resources` : `resources[${place}]`}`,
          resource,
          says: mistake.says,
          patch:
            mistake.code === 'ROLE_RESOURCE_WRONG'
              ? { op: 'replace', path: `/rules/${index}/resources/${place}`, value: mistake.plural }
              : group === undefined
                ? undefined
                : { op: 'add', path: `/rules/${index}/apiGroups/-`, value: group },
        },
      ];
    });
  });
}

/** What groups of other makers have at least: a dot; and somebody serves them. */
function isCustom(group: string, served: ReadonlySet<string> | undefined): boolean {
  if (ownGroups().has(group) || !group.includes('.')) return false;
  return served === undefined || served.has(group);
}

function mistakeIn(
  named: string,
  groups: readonly string[],
): { code: Code; says: string; group: string | undefined; plural: string } | undefined {
  const resource = baseOf(named);
  if (resource === '*') return undefined;
  const own = allKinds().filter(({ plural }) => plural === resource);
  if (own.length > 0) {
    if (own.some(({ group }) => groups.includes(group))) return undefined;
    const right = [...new Set(own.map(({ group }) => group))];
    const [only] = right;
    const shown = right.map(group => (group === '' ? 'the core group' : `group ${group}`)).join(' or ');
    return {
      code: 'ROLE_GROUP_WRONG',
      says: `${resource} are in ${shown}, not in ${groups.map(group => (group === '' ? 'the core group' : group)).join(', ')}`,
      group: right.length === 1 ? only : undefined,
      plural: resource,
    };
  }
  const meant = allKinds().find(info => groups.includes(info.group) && isNamed(info, resource));
  if (meant === undefined) return undefined;
  const plural = named === resource ? meant.plural : `${meant.plural}${named.slice(resource.length)}`;
  return {
    code: 'ROLE_RESOURCE_WRONG',
    says: `there is no resource ${named}; it is ${plural}`,
    group: meant.group,
    plural,
  };
}

function isNamed({ kind, singular, shortNames, plural }: KindInfo, name: string): boolean {
  const lower = name.toLowerCase();
  return lower === plural || lower === kind.toLowerCase() || lower === singular || shortNames.includes(lower);
}

/** `pods/log` → `pods`. */
function baseOf(resource: string): string {
  return resource.split('/')[0] ?? resource;
}

let groupsKnown: ReadonlySet<string> | undefined;

function ownGroups(): ReadonlySet<string> {
  groupsKnown ??= new Set(allKinds().map(({ group }) => group));
  return groupsKnown;
}
