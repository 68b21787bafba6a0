import { isObject, listOf } from '../../../core/json.ts';
import { containersIn, isLasting, podIn } from '../pod-parts.ts';
import type { Place, Rule } from '../rule.ts';
import { docs } from '../sources.ts';

const source = docs(
  'Liveness, readiness and startup probes',
  'concepts/configuration/liveness-readiness-startup-probes/',
);

const probe = (
  facts: Pick<Rule, 'id' | 'title' | 'severity' | 'why'> & { field: string; asked: string },
): Rule => {
  const { field, asked, ...rest } = facts;
  return {
    ...rest,
    appliesTo: 'pods',
    source,
    check(object) {
      const pod = podIn(object);
      if (pod === undefined || !isLasting(object)) return [];
      return containersIn(pod).flatMap(({ container, name, at, initial }): Place[] => {
        // What listens nowhere serves nobody: a probe would have to be made for it.
        if (initial || isObject(container[field]) || listOf(container, 'ports').length === 0) return [];
        return [{ path: `${at}.${field}`, message: `container ${name} has no ${field}`, question: asked }];
      });
    },
  };
};

/** How a cluster sees that a container works. */
export const probeRules: readonly Rule[] = [
  probe({
    id: 'readiness-missing',
    title: 'No readiness probe',
    severity: 'medium',
    field: 'readinessProbe',
    why: 'It gets requests before it can answer them: each rollout loses some.',
    asked: 'Which path or port tells that it can serve?',
  }),
  probe({
    id: 'liveness-missing',
    title: 'No liveness probe',
    severity: 'low',
    field: 'livenessProbe',
    why: 'A process that hangs is never started again.',
    asked: 'What tells that only a restart helps? A probe that asks for more than that does harm.',
  }),
];
