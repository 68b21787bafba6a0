import { type JsonObject, textOf } from '../../core/json.ts';
import { subdomainFaults } from '../names.ts';
import {
  type FieldProblem,
  immutable,
  invalid,
  invalidForm,
  listOf,
  notSupported,
  objectOf,
  oneOf,
  type Rules,
  required,
} from './problem.ts';
import { list } from './services.ts';

export const roleRules: Rules = object =>
  listOf(object, 'rules').flatMap((rule, index) =>
    ruleProblems(`rules[${index}]`, { rule, isNamespaced: true }),
  );

export const clusterRoleRules: Rules = object =>
  listOf(object, 'rules').flatMap((rule, index) =>
    ruleProblems(`rules[${index}]`, { rule, isNamespaced: false }),
  );

function ruleProblems(
  at: string,
  { rule, isNamespaced }: { rule: JsonObject; isNamespaced: boolean },
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (list(rule['verbs']).length === 0) {
    problems.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
  }
  const urls = list(rule['nonResourceURLs']);
  if (urls.length > 0) {
    const detail = 'namespaced rules cannot apply to non-resource URLs';
    if (isNamespaced) problems.push(invalid(`${at}.nonResourceURLs`, { value: urls, detail }));
    if (list(rule['apiGroups']).length + list(rule['resources']).length > 0) {
      const both = 'rules cannot apply to both regular resources and non-resource URLs';
      problems.push(invalid(`${at}.nonResourceURLs`, { value: urls, detail: both }));
    }
    return problems;
  }
  if (list(rule['apiGroups']).length === 0) {
    problems.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (list(rule['resources']).length === 0) {
    problems.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
  }
  return problems;
}

export const roleBindingRules: Rules = (object, old) =>
  bindingProblems(object, { old, roleKinds: ['Role', 'ClusterRole'], isNamespaced: true });

export const clusterRoleBindingRules: Rules = (object, old) =>
  bindingProblems(object, { old, roleKinds: ['ClusterRole'], isNamespaced: false });

function bindingProblems(
  object: JsonObject,
  {
    old,
    roleKinds,
    isNamespaced,
  }: { old: JsonObject | undefined; roleKinds: string[]; isNamespaced: boolean },
): FieldProblem[] {
  const ref = objectOf(object, 'roleRef');
  const kind = textOf(ref, 'kind');
  const problems: FieldProblem[] = [];
  if (!roleKinds.includes(kind))
    problems.push(notSupported('roleRef.kind', { value: kind, supported: roleKinds }));
  if (textOf(ref, 'name') === '') problems.push(required('roleRef.name'));
  for (const [index, subject] of listOf(object, 'subjects').entries()) {
    problems.push(...subjectProblems(`subjects[${index}]`, { subject, isNamespaced }));
  }
  if (old === undefined) return problems;
  const changed = immutable('roleRef', { value: ref, old: old['roleRef'], detail: 'cannot change roleRef' });
  if (changed.length === 0) return problems;
  // The server prints its own internal struct here, with Go's names.
  const value = { APIGroup: textOf(ref, 'apiGroup'), Kind: kind, Name: textOf(ref, 'name') };
  return [...problems, invalid('roleRef', { value, detail: 'cannot change roleRef' })];
}

function subjectProblems(
  at: string,
  { subject, isNamespaced }: { subject: JsonObject; isNamespaced: boolean },
): FieldProblem[] {
  const name = textOf(subject, 'name');
  const problems: FieldProblem[] = name === '' ? [required(`${at}.name`)] : [];
  const kind = textOf(subject, 'kind');
  problems.push(...oneOf(`${at}.kind`, { value: kind, supported: ['ServiceAccount', 'User', 'Group'] }));
  if (kind !== 'ServiceAccount') return problems;
  if (name !== '')
    problems.push(...invalidForm(`${at}.name`, { value: name, faults: subdomainFaults(name) }));
  // In a namespace the account of the same namespace is meant.
  if (!isNamespaced && textOf(subject, 'namespace') === '') problems.push(required(`${at}.namespace`));
  return problems;
}
