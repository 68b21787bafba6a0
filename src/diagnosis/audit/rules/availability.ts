import { type JsonObject, listOf, memberOf, textOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { matchesLabels, requirementsOf } from '../../../kubernetes/selectors.ts';
import { podIn } from '../pod-parts.ts';
import type { AuditView, Place, Rule } from '../rule.ts';
import { docs } from '../sources.ts';

const served = ['Deployment', 'StatefulSet'];

/** What a node that goes away takes with it. */
export const availabilityRules: readonly Rule[] = [
  {
    id: 'single-replica',
    title: 'One replica in production',
    severity: 'medium',
    appliesTo: served,
    source: docs('Disruptions', 'concepts/workloads/pods/disruptions/'),
    why: 'Each drain of its node and each crash is an outage.',
    check(object, view) {
      if (replicasOf(object) !== 1 || isScaled(object, view)) return [];
      const alone =
        memberOf(object.spec, 'strategy')?.['type'] === 'Recreate' || object.kind === 'StatefulSet';
      return [
        {
          path: 'spec.replicas',
          message: 'runs as one pod',
          ...(view.isProduction(object.metadata.namespace) ? {} : { severity: 'note' as const }),
          ...(alone ? {} : { patch: { spec: { replicas: 2 } } }),
          question: 'Can two of it run side by side?',
        },
      ];
    },
  },
  {
    id: 'budget-missing',
    title: 'No disruption budget',
    severity: 'low',
    appliesTo: served,
    source: docs('Specifying a disruption budget', 'tasks/run-application/configure-pdb/'),
    why: 'A drain may take all of its pods at once.',
    check(object, view) {
      const namespace = object.metadata.namespace ?? 'default';
      const selector = memberOf(object.spec, 'selector');
      const pod = podIn(object);
      if (replicasOf(object) < 2 || selector === undefined || pod === undefined) return [];
      if (!view.sees('PodDisruptionBudget', namespace)) return [];
      const covered = view
        .list('PodDisruptionBudget')
        .filter(({ metadata }) => (metadata.namespace ?? 'default') === namespace)
        .some(budget => selects(memberOf(budget.spec, 'selector'), pod.labels));
      if (covered) return [];
      const adds = {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: object.metadata.name, namespace },
        spec: { maxUnavailable: 1, selector },
      };
      return [{ path: 'spec', message: 'no PodDisruptionBudget selects its pods', adds }];
    },
  },
  {
    id: 'spread-missing',
    title: 'Not spread over nodes',
    severity: 'low',
    appliesTo: served,
    source: docs(
      'Pod topology spread constraints',
      'concepts/scheduling-eviction/topology-spread-constraints/',
    ),
    why: 'The scheduler only prefers to spread them: on a full cluster one node may hold them all.',
    check(object): Place[] {
      const pod = podIn(object);
      const selector = memberOf(object.spec, 'selector');
      if (pod === undefined || selector === undefined || replicasOf(object) < 2) return [];
      const apart = memberOf(memberOf(pod.spec, 'affinity'), 'podAntiAffinity');
      if (apart !== undefined || listOf(pod.spec, 'topologySpreadConstraints').length > 0) return [];
      const spread = {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: selector,
      };
      return [
        {
          path: `${pod.at}.topologySpreadConstraints`,
          message: 'neither a spread constraint nor an anti-affinity keeps its pods apart',
          patch: pod.patch({ topologySpreadConstraints: [spread] }),
        },
      ];
    },
  },
];

/** Absent is one; what is no number says nothing. */
function replicasOf({ spec }: KubeObject): number {
  const replicas = spec?.['replicas'] ?? 1;
  return typeof replicas === 'number' ? replicas : 0;
}

/** Whether an autoscaler sees to it that there are two. */
function isScaled(object: KubeObject, view: AuditView): boolean {
  return view.list('HorizontalPodAutoscaler').some(({ metadata, spec }) => {
    const target = memberOf(spec, 'scaleTargetRef');
    const least = spec?.['minReplicas'];
    return (
      metadata.namespace === object.metadata.namespace &&
      textOf(target, 'kind') === object.kind &&
      textOf(target, 'name') === object.metadata.name &&
      typeof least === 'number' &&
      least > 1
    );
  });
}

function selects(selector: JsonObject | undefined, labels: JsonObject): boolean {
  if (selector === undefined) return false;
  const texts = Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
  return matchesLabels(requirementsOf(selector), texts);
}
