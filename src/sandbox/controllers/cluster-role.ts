import { canonicalJson, isObject, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import { listOf } from '../../kubernetes/validation/problem.ts';
import type { Controller } from './controller.ts';
import { updateOf } from './owners.ts';

/** Gathers the rules of the roles that an aggregated role selects. */
export const clusterRoleController: Controller = {
  name: 'clusterrole-aggregation',
  watches: ['ClusterRole'],
  reconcile(view) {
    const roles = view.list('ClusterRole');
    const operations = roles.flatMap(role => {
      const { aggregationRule } = role;
      if (!isObject(aggregationRule)) return [];
      const selectors = listOf(aggregationRule, 'clusterRoleSelectors').map(requirementsOf);
      const parts = roles.filter(
        each => each !== role && selectors.some(selector => matchesLabels(selector, each.metadata.labels)),
      );
      const rules = gathered(parts);
      return canonicalJson(rules) === canonicalJson(role['rules']) ? [] : [updateOf({ ...role, rules })];
    });
    return { operations };
  },
};

/** Every rule once, in the order of the roles' names. */
function gathered(roles: readonly KubeObject[]): Json[] {
  const rules = new Map<string, Json>();
  for (const { rules: own } of roles) {
    for (const rule of Array.isArray(own) ? own : []) rules.set(canonicalJson(rule), rule);
  }
  return [...rules.values()];
}
