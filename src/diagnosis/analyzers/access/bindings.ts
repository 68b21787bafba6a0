import { textOf } from '../../../core/json.ts';
import type { Ref } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { type Binding, bindingsIn, roleOf, subjectsOf } from '../../access/rights.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { meantName, nearNames } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'BINDING_ROLE_MISSING' | 'BINDING_SUBJECT_MISSING' | 'BINDING_SUBJECT_WRONG';

type Subject = ReturnType<typeof subjectsOf>[number];

const rbacGroup = 'rbac.authorization.k8s.io';
const accountPrefix = 'system:serviceaccount';

/** Bindings of roles that lead nowhere: to no role, or to nobody. */
export const bindingsAnalyzer = defineAnalyzer<Code>({
  id: 'bindings',
  needs: ['RoleBinding', 'ClusterRoleBinding', 'Role', 'ClusterRole', 'ServiceAccount', 'Namespace'],
  codes: {
    BINDING_ROLE_MISSING: {
      row: 'rbac',
      means: 'A binding gives a role that does not exist, and so gives nothing.',
      decided:
        'There is no role of the kind and name in roleRef. Bindings that the server makes are not looked at.',
      fixed: 'Make the role, or the binding anew: its roleRef cannot be changed.',
    },
    BINDING_SUBJECT_MISSING: {
      row: 'rbac',
      means: 'A binding gives rights to a service account that does not exist.',
      decided: 'The namespace has no account of the name; a note where the namespace is gone as well.',
      fixed: 'Name the account that is meant; offered where one name alone is a slip away.',
    },
    BINDING_SUBJECT_WRONG: {
      row: 'rbac',
      means: 'A binding means a service account and does not say so in the way that the server understands.',
      decided:
        'A user or group is named like an account, an account bears the prefix of its user name or no namespace, or, as a note, a user has the name of an account that pods of the namespace use.',
      fixed:
        'A subject of kind ServiceAccount with name and namespace; offered where the account exists and the subject cannot be a person.',
    },
  },

  analyze(snapshot) {
    return bindingsIn(snapshot).flatMap(binding => [
      ...withoutRole(binding, snapshot),
      ...subjectsOf(binding).flatMap((subject, index) => judge(binding, { subject, index, snapshot })),
    ]);
  },
});

function withoutRole(binding: Binding, snapshot: Snapshot): Draft<Code>[] {
  const role = roleOf(binding);
  const group = textOf(binding.roleRef, 'apiGroup');
  const otherGroup = group !== '' && group !== rbacGroup;
  if (role.name === '' || !(otherGroup || snapshot.lacks(role))) return [];
  const otherKind = role.kind === 'Role' ? 'ClusterRole' : 'Role';
  const { namespace } = binding.metadata;
  const other = snapshot.get({
    kind: otherKind,
    name: role.name,
    ...(otherKind === 'Role' && namespace !== undefined ? { namespace } : {}),
  });
  const near = nearNames(
    role.name,
    snapshot.list(role.kind, role.namespace).map(({ metadata }) => metadata.name),
  );
  const elsewhere = snapshot
    .list(role.kind)
    .find(({ metadata }) => metadata.name === role.name && metadata.namespace !== role.namespace);
  const cause = otherGroup
    ? `roles are in group ${rbacGroup}, not in ${group}`
    : other !== undefined
      ? `there is a ${otherKind} of this name, and the binding names a ${role.kind}`
      : elsewhere !== undefined
        ? `there is one in namespace ${elsewhere.metadata.namespace ?? ''}, which a binding here cannot give`
        : near.length > 0
          ? `there is ${role.kind} ${near.join(', ')}`
          : undefined;
  return [
    {
      code: 'BINDING_ROLE_MISSING',
      severity: 'warning',
      object: refOf(binding),
      summary: `it gives ${role.kind} ${role.name}, which does not exist`,
      evidence: [quoteField('roleRef', { kind: role.kind, name: role.name }), ...shownSubjects(binding)],
      ...(cause === undefined ? {} : { cause }),
      confidence: 'certain',
      fixes: [],
      question: 'Which role is meant? A binding cannot be given another: it has to be made anew.',
      depth: 2,
      dependsOn: [role],
    },
  ];
}

function shownSubjects(binding: Binding): string[] {
  const [first] = subjectsOf(binding);
  return first === undefined
    ? []
    : [quoteField('subjects[0]', { kind: first.kind, name: first.name, namespace: first.namespace })];
}

function judge(
  binding: Binding,
  { subject, index, snapshot }: { subject: Subject; index: number; snapshot: Snapshot },
): Draft<Code>[] {
  const { kind, name } = subject;
  const at = `subjects[${index}]`;
  const meant = accountMeant(binding, { subject, snapshot });
  if (meant !== undefined) {
    const exists = snapshot.get(meant) !== undefined;
    const { namespace } = meant;
    return [
      {
        code: 'BINDING_SUBJECT_WRONG',
        // A person may have the name: whoever makes an account of it must not get that person's rights.
        severity: isPerson(subject) ? 'note' : 'warning',
        object: refOf(binding),
        summary: `it names ${kind} ${name}, which is not how service account ${meant.name} is named`,
        evidence: [quoteField(at, { kind, name, namespace: subject.namespace })],
        confidence: 'likely',
        ...(exists && !isPerson(subject)
          ? {
              fixes: [
                patchFix(refOf(binding), {
                  patch: [
                    {
                      op: 'replace',
                      path: `/subjects/${index}`,
                      value: { kind: 'ServiceAccount', name: meant.name, namespace: namespace ?? '' },
                    },
                  ],
                  does: `Give the role to service account ${meant.name} in ${namespace ?? ''}`,
                }),
              ],
            }
          : { fixes: [], question: 'Which service account is meant?' }),
        depth: 2,
      },
    ];
  }
  const account = accountOf(subject);
  if (account === undefined || !snapshot.lacks(account)) return [];
  const { namespace = '' } = account;
  const gone = snapshot.lacks({ kind: 'Namespace', name: namespace });
  const only = meantName(
    account.name,
    snapshot.list('ServiceAccount', namespace).map(({ metadata }) => metadata.name),
  );
  return [
    {
      code: 'BINDING_SUBJECT_MISSING',
      severity: gone ? 'note' : 'warning',
      object: refOf(binding),
      summary: `it gives rights to service account ${account.name} in ${namespace}, which does not exist`,
      evidence: [quoteField(at, { kind, name, namespace: subject.namespace })],
      confidence: 'certain',
      ...(only !== undefined && kind === 'ServiceAccount'
        ? {
            fixes: [
              patchFix(refOf(binding), {
                patch: [{ op: 'replace', path: `/subjects/${index}/name`, value: only }],
                does: `Give them to ${only}, the only account with a name like it`,
              }),
            ],
          }
        : { fixes: [], question: 'Which service account is meant, or is it still to be made?' }),
      depth: 2,
      dependsOn: [account],
    },
  ];
}

/** A user by a name that the server takes from certificates and tokens of people too. */
function isPerson({ kind, name }: Subject): boolean {
  return kind === 'User' && !name.startsWith(accountPrefix);
}

/** The account that a subject stands for; undefined: it stands for none. */
function accountOf({ kind, name, namespace }: Subject): Ref | undefined {
  if (kind === 'ServiceAccount') return { kind, name, namespace };
  const [system, word, place, account, ...more] = name.split(':');
  if (kind !== 'User' || `${system}:${word}` !== accountPrefix || more.length > 0) return undefined;
  return account === undefined || account === ''
    ? undefined
    : { kind: 'ServiceAccount', name: account, namespace: place ?? '' };
}

/** The account that somebody had in mind who wrote what stands for nobody; undefined: it stands for somebody. */
function accountMeant(
  binding: Binding,
  { subject, snapshot }: { subject: Subject; snapshot: Snapshot },
): Ref | undefined {
  const { kind, name, namespace, apiGroup } = subject;
  const here = namespace === '' ? (binding.metadata.namespace ?? '') : namespace;
  const spelled = (text: string): Ref => {
    const parts = text.split(':').filter(part => part !== 'system' && part !== 'serviceaccount');
    return {
      kind: 'ServiceAccount',
      name: parts.at(-1) ?? '',
      namespace: parts.length > 1 ? (parts[0] ?? '') : here,
    };
  };
  if (kind === 'ServiceAccount') {
    if (name.startsWith(`${accountPrefix}:`)) return spelled(name);
    // An account is in the core group, whose name is empty.
    return namespace === '' || apiGroup !== '' ? { kind, name, namespace: here } : undefined;
  }
  if (kind === 'Group') return name.startsWith(`${accountPrefix}:`) ? spelled(name) : undefined;
  if (kind !== 'User') return { kind: 'ServiceAccount', name, namespace: here };
  if (name.startsWith(accountPrefix) && accountOf(subject) === undefined) return spelled(name);
  const account = { kind: 'ServiceAccount', name, namespace: here };
  const used = snapshot.podSets.some(
    ({ spec, namespace: of }) => of === here && (spec.serviceAccountName ?? 'default') === name,
  );
  return used && name !== 'default' && snapshot.get(account) !== undefined ? account : undefined;
}
