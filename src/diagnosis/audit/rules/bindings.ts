import { listOf, textOf } from '../../../core/json.ts';
import type { Place, Rule } from '../rule.ts';
import { cis } from '../sources.ts';
import { isBuiltIn, refOf } from '../who.ts';

const bindings = ['RoleBinding', 'ClusterRoleBinding'];
// The account of the first administrator, as kubeadm makes it.
const firstAdministrators = ['system:masters', 'kubeadm:cluster-admins'];
const anybody = ['system:anonymous', 'system:unauthenticated'];

/** Who is given what. */
export const bindingRules: readonly Rule[] = [
  {
    id: 'rbac-cluster-admin',
    title: 'Bound to cluster-admin',
    severity: 'high',
    appliesTo: bindings,
    source: cis('5.1.1, use of the cluster-admin role'),
    why: 'It may do everything, also read all Secrets and take itself out of every limit.',
    check(binding) {
      if (isBuiltIn(binding) || refOf(binding).name !== 'cluster-admin') return [];
      return listOf(binding, 'subjects').flatMap((subject, index): Place[] => {
        const name = textOf(subject, 'name');
        if (firstAdministrators.includes(name)) return [];
        const question = 'What does it do there? A role of its own names that.';
        return [
          {
            path: `subjects[${index}]`,
            message: `gives ${textOf(subject, 'kind')} ${name} cluster-admin`,
            question,
          },
        ];
      });
    },
  },
  {
    id: 'rbac-masters',
    title: 'Bound to system:masters',
    severity: 'high',
    appliesTo: bindings,
    source: cis('5.1.7, use of the system:masters group'),
    why: 'That group may do everything whatever bindings say, and nothing takes it from its members.',
    check: binding =>
      isBuiltIn(binding) || binding.metadata.name === 'cluster-admin'
        ? []
        : listOf(binding, 'subjects').flatMap((subject, index): Place[] =>
            textOf(subject, 'name') === 'system:masters'
              ? [
                  {
                    path: `subjects[${index}]`,
                    message: 'counts on the group system:masters',
                    question: 'Which group of your own directory is meant?',
                  },
                ]
              : [],
          ),
  },
  {
    id: 'rbac-anonymous',
    title: 'Rights for anybody',
    severity: 'high',
    appliesTo: bindings,
    source: cis('1.2.1 and 5.1, anonymous access'),
    why: 'Whoever reaches the API server has them, without a name in its audit log.',
    check: binding =>
      isBuiltIn(binding)
        ? []
        : listOf(binding, 'subjects').flatMap((subject, index): Place[] => {
            const name = textOf(subject, 'name');
            if (!anybody.includes(name)) return [];
            // So that nodes may find the cluster that they join.
            if (binding.metadata.namespace === 'kube-public') return [];
            const message = `gives ${name} ${refOf(binding).kind} ${refOf(binding).name}`;
            return [{ path: `subjects[${index}]`, message, question: 'Who is to have it, by name?' }];
          }),
  },
  {
    id: 'default-account-bound',
    title: 'Rights for the default account',
    severity: 'medium',
    appliesTo: bindings,
    source: cis('5.1.5, default service accounts'),
    why: 'Every pod that names no account has them.',
    check: binding =>
      isBuiltIn(binding)
        ? []
        : listOf(binding, 'subjects').flatMap((subject, index): Place[] => {
            if (textOf(subject, 'kind') !== 'ServiceAccount' || textOf(subject, 'name') !== 'default')
              return [];
            const namespace = textOf(subject, 'namespace') || (binding.metadata.namespace ?? '');
            const message = `gives the default account of ${namespace} ${refOf(binding).kind} ${refOf(binding).name}`;
            return [
              {
                path: `subjects[${index}]`,
                message,
                question: 'Which pods use it? They need an account of their own.',
              },
            ];
          }),
  },
];
