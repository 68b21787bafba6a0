import type { Json } from '../../core/json.ts';
import type { ClusterRoleBinding, RoleBinding, Subject } from '../kinds/access.ts';
import { age, ageColumn, column, definePrinter, nameColumn, wideColumn } from './printer.ts';

const bindingColumns = [
  nameColumn,
  column('Role', 'Role that it grants.'),
  ageColumn,
  wideColumn('Users', 'Users it grants to.'),
  wideColumn('Groups', 'Groups it grants to.'),
  wideColumn('ServiceAccounts', 'Service accounts it grants to.'),
];

export const roleBindingPrinter = definePrinter('RoleBinding', {
  columns: bindingColumns,
  cells: bindingCells,
});

export const clusterRoleBindingPrinter = definePrinter('ClusterRoleBinding', {
  columns: bindingColumns,
  cells: bindingCells,
});

function bindingCells(binding: RoleBinding | ClusterRoleBinding, nowMs: number): Json[] {
  const subjects = binding.subjects ?? [];
  const named = (kind: string, name: (subject: Subject) => string) =>
    subjects
      .filter(subject => subject.kind === kind)
      .map(name)
      .join(', ');
  return [
    binding.metadata.name,
    `${binding.roleRef.kind}/${binding.roleRef.name}`,
    age(binding, nowMs),
    named('User', subject => subject.name),
    named('Group', subject => subject.name),
    named('ServiceAccount', subject => `${subject.namespace ?? ''}/${subject.name}`),
  ];
}
