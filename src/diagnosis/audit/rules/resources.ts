import { listOf, memberOf } from '../../../core/json.ts';
import { containersIn, podIn } from '../pod-parts.ts';
import type { AuditView, Place, Rule } from '../rule.ts';
import { docs } from '../sources.ts';

const source = docs(
  'Resource management for pods and containers',
  'concepts/configuration/manage-resources-containers/',
);

/** What containers ask for and what they may take. */
export const resourceRules: readonly Rule[] = [
  {
    id: 'requests-missing',
    title: 'No requests',
    severity: 'medium',
    appliesTo: 'pods',
    source,
    why: 'The scheduler counts it as nothing: nodes fill up, and it is the first to be evicted.',
    check(object, view) {
      const pod = podIn(object);
      if (pod === undefined || memberOf(pod.spec, 'resources')?.['requests'] !== undefined) return [];
      const given = defaultsIn(view, object.metadata.namespace);
      return containersIn(pod).flatMap(({ container, name, at, initial }): Place[] => {
        if (initial) return [];
        const resources = memberOf(container, 'resources');
        // A limit is its request where none is set.
        const has = { ...memberOf(resources, 'limits'), ...memberOf(resources, 'requests') };
        const missing = ['cpu', 'memory'].filter(
          each => has[each] === undefined && !given.requests.has(each),
        );
        if (missing.length === 0) return [];
        return [
          {
            path: `${at}.resources.requests`,
            message: `container ${name} requests no ${missing.join(' and no ')}`,
            question: 'How much does it take while it runs?',
          },
        ];
      });
    },
  },
  {
    id: 'memory-limit-missing',
    title: 'No limit of memory',
    severity: 'medium',
    appliesTo: 'pods',
    source,
    why: 'A leak in it takes the memory of its node, and other pods are killed for it.',
    check(object, view) {
      const pod = podIn(object);
      if (pod === undefined || memberOf(memberOf(pod.spec, 'resources'), 'limits')?.['memory'] !== undefined)
        return [];
      if (defaultsIn(view, object.metadata.namespace).limits.has('memory')) return [];
      return containersIn(pod).flatMap(({ container, name, at, initial }): Place[] => {
        if (initial || memberOf(memberOf(container, 'resources'), 'limits')?.['memory'] !== undefined)
          return [];
        return [
          {
            path: `${at}.resources.limits.memory`,
            message: `container ${name} may take all memory of its node`,
            question: 'How much does it take at most?',
          },
        ];
      });
    },
  },
];

/** What LimitRanges of the namespace give to containers that say nothing. */
function defaultsIn(view: AuditView, namespace = ''): { requests: Set<string>; limits: Set<string> } {
  const items = view
    .list('LimitRange', namespace)
    .flatMap(range => listOf(range.spec, 'limits'))
    .filter(({ type }) => type === 'Container');
  const named = (field: string) => items.flatMap(item => Object.keys(memberOf(item, field) ?? {}));
  const limits = named('default');
  return { requests: new Set([...named('defaultRequest'), ...limits]), limits: new Set(limits) };
}
