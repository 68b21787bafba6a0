import { isObject, objectsIn } from '../../../core/json.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';
import type { HorizontalPodAutoscaler, MetricSpec } from '../../../kubernetes/kinds/autoscaling.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import { refOf, splitApiVersion } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import type { PodSet } from '../../pod-sets.ts';
import { meantName, nearNames } from '../../slip.ts';
import { keyOf, type Snapshot } from '../../snapshot.ts';

/** Metrics of a new pod take a minute or two to be measured; a new autoscaler has none at first. */
const settlingMs = 300_000;

const scalable = ['Deployment', 'StatefulSet', 'ReplicaSet'];
/** Where these are, or once were, or where somebody looks for them who leaves the group out. */
const oldGroups = ['apps', 'extensions', ''];
/** Kinds that have no size which anybody could set. */
const unscalable = ['DaemonSet', 'Job', 'CronJob', 'Pod'];

/** Autoscalers that cannot do their work. */
export const autoscalersAnalyzer = defineAnalyzer({
  id: 'autoscalers',
  needs: ['HorizontalPodAutoscaler', 'Deployment', 'StatefulSet', 'ReplicaSet', 'LimitRange', 'APIService'],
  codes: {
    HPA_TARGET_MISSING: {
      row: 'autoscaler',
      means: 'An autoscaler targets a workload that does not exist, or is of another kind or API version.',
      decided: 'The kind was read and has none of the name; or the server knows no such kind.',
      fixed: 'The right name or kind, where just one is meant.',
    },
    HPA_WITHOUT_REQUESTS: {
      row: 'autoscaler',
      means: 'An autoscaler works by a share of requests that the containers of its target do not make.',
      decided:
        'A utilization target for a resource of which a container has no request, and no limit range gives one; or the autoscaler says so.',
      fixed: 'Requests in the template of the target, or a target by value.',
    },
    HPA_WITHOUT_METRICS: {
      row: 'autoscaler',
      means: 'An autoscaler gets no metrics, so it leaves the size as it is.',
      decided:
        'ScalingActive is False for over five minutes with FailedGet…Metric. Folds under a metrics API that is down, or pods that do not run.',
      fixed: 'The metrics API (metrics-server, an adapter), or the name of the metric.',
    },
    HPA_CANNOT_SCALE: {
      row: 'autoscaler',
      means: 'An autoscaler can neither read nor set the size of its target.',
      decided: 'AbleToScale is False for over five minutes though the target exists.',
      fixed: 'What the message names.',
    },
  },

  analyze(snapshot) {
    const sets = new Map(snapshot.podSets.map(set => [keyOf(refOf(set.object)), set]));
    return snapshot.of('HorizontalPodAutoscaler').flatMap(each => {
      if (each.metadata.deletionTimestamp !== undefined) return [];
      const set = sets.get(keyOf(targetOf(each)));
      return (
        targetMissing(each, snapshot) ??
        withoutRequests(each, { set, snapshot }) ??
        failing(each, snapshot) ??
        []
      );
    });
  },
});

type Code = 'HPA_TARGET_MISSING' | 'HPA_WITHOUT_REQUESTS' | 'HPA_WITHOUT_METRICS' | 'HPA_CANNOT_SCALE';

type Scaler = HorizontalPodAutoscaler;

function targetOf({ metadata, spec: { scaleTargetRef } }: Scaler): Ref {
  const { kind, name } = scaleTargetRef;
  return { kind, name, namespace: metadata.namespace ?? '' };
}

function draft(
  scaler: Scaler,
  rest: Partial<Draft<Code>> & Pick<Draft<Code>, 'code' | 'severity' | 'summary' | 'evidence'>,
): Draft<Code> {
  return { object: refOf(scaler), confidence: 'certain', fixes: [], ...rest };
}

function targetMissing(scaler: Scaler, snapshot: Snapshot): Draft<Code> | undefined {
  const { scaleTargetRef } = scaler.spec;
  const { kind, name, apiVersion } = scaleTargetRef;
  const target = targetOf(scaler);
  const { group } = splitApiVersion(apiVersion ?? 'apps/v1');
  // Others have kinds of the same names: an advanced StatefulSet of another group is another kind.
  const isKnown = scalable.includes(kind) && oldGroups.includes(group);
  const isGone = isKnown && snapshot.lacks(target);
  // Of a version long gone: the server has no such kind any more.
  const isOld = isKnown && apiVersion !== undefined && apiVersion !== 'apps/v1';
  const isFixed = unscalable.includes(kind);
  if (!isGone && !isOld && !isFixed) return undefined;
  const { namespace } = target;
  const others = scalable.filter(
    each => each !== kind && snapshot.get({ ...target, kind: each }) !== undefined,
  );
  const near = meantName(
    name,
    snapshot.list(kind, namespace).map(({ metadata }) => metadata.name),
  );
  const [other] = others;
  const meant =
    isOld && !isGone
      ? { kind, name }
      : other !== undefined && others.length === 1
        ? { kind: other, name }
        : near === undefined
          ? undefined
          : { kind, name: near };
  const nearest = nearNames(
    name,
    snapshot.list(kind, namespace).map(({ metadata }) => metadata.name),
  );
  return draft(scaler, {
    code: 'HPA_TARGET_MISSING',
    severity: 'critical',
    summary: isFixed
      ? `its target is a ${kind}, which has no size to set`
      : isGone
        ? `its target ${kind}/${name} does not exist`
        : `its target is of ${apiVersion}, which no server has`,
    evidence: [quoteField('spec.scaleTargetRef', { ...scaleTargetRef })],
    ...(meant === undefined
      ? {
          question: `Which workload should it scale${nearest.length === 0 ? '' : `: ${nearest.join(', ')}`}?`,
        }
      : {
          confidence: isOld && !isGone ? 'certain' : 'likely',
          fixes: [
            patchFix(refOf(scaler), {
              patch: { spec: { scaleTargetRef: { apiVersion: 'apps/v1', ...meant } } },
              does: `Let ${describeRef(refOf(scaler))} scale ${meant.kind}/${meant.name}`,
            }),
          ],
        }),
    depth: 2,
  });
}

/** Containers of the target without the request that a metric takes a share of. */
function withoutRequests(
  scaler: Scaler,
  { set, snapshot }: { set: PodSet | undefined; snapshot: Snapshot },
): Draft<Code> | undefined {
  const active = conditionOf(scaler.status?.conditions, 'ScalingActive');
  if (active?.status === 'True' || active?.reason === 'ScalingDisabled') return undefined;
  const target = targetOf(scaler);
  const namespace = target.namespace ?? '';
  const said = active?.message?.includes('missing request') === true;
  // Where limit ranges could not be read one may give what the template leaves out.
  const isFinal = said || snapshot.sees('LimitRange', namespace);
  if (set === undefined || !isFinal || givesDefaults(namespace, snapshot)) return undefined;
  for (const { name: resource, container } of sharesOf(scaler)) {
    const index = set.spec.containers.findIndex(
      each =>
        (container ?? each.name) === each.name &&
        each.resources?.requests?.[resource] === undefined &&
        // A limit without a request counts for both.
        each.resources?.limits?.[resource] === undefined,
    );
    const lacking = set.spec.containers[index];
    if (container !== undefined && !set.spec.containers.some(({ name }) => name === container)) {
      return draft(scaler, {
        code: 'HPA_WITHOUT_METRICS',
        severity: 'critical',
        summary: `it measures container ${container}, which ${describeRef(target)} does not have`,
        evidence: [
          quoteField('spec.metrics containerResource.container', container),
          quoteField(
            `${describeRef(target)} containers`,
            set.spec.containers.map(({ name }) => name).join(', '),
          ),
        ],
        question: 'Which container is meant?',
        depth: 2,
      });
    }
    if (lacking === undefined) continue;
    return draft(scaler, {
      code: 'HPA_WITHOUT_REQUESTS',
      severity: 'critical',
      summary: `it scales by a share of requested ${resource}, and container ${lacking.name} of ${describeRef(target)} requests none`,
      evidence: [
        quoteField(
          `${describeRef(target)} ${set.at}.containers[${index}].resources.requests.${resource}`,
          undefined,
        ),
        ...(said ? [quoteEvent({ reason: active?.reason ?? '', message: active?.message ?? '' })] : []),
      ],
      question: `How much ${resource} does ${lacking.name} need?`,
      depth: 2,
    });
  }
  return undefined;
}

function sharesOf({ spec }: Scaler): { name: string; container: string | undefined }[] {
  const { metrics = [], targetCPUUtilizationPercentage } = spec;
  const byShare = ({ resource, containerResource }: MetricSpec) => {
    const asked = containerResource ?? resource;
    return asked?.target.averageUtilization === undefined
      ? []
      : [{ name: asked.name, container: containerResource?.container }];
  };
  // Without any metric it is a share of the CPU.
  const plain = metrics.length === 0 || targetCPUUtilizationPercentage !== undefined;
  return [...metrics.flatMap(byShare), ...(plain ? [{ name: 'cpu', container: undefined }] : [])];
}

/** Whether a limit range fills in what the template leaves out. */
function givesDefaults(namespace: string, snapshot: Snapshot): boolean {
  const ranges = snapshot.list('LimitRange', namespace);
  return ranges.some(({ spec }) =>
    objectsIn(spec?.['limits']).some(item => isObject(item['defaultRequest']) || isObject(item['default'])),
  );
}

function failing(scaler: Scaler, snapshot: Snapshot): Draft<Code> | undefined {
  const { conditions } = scaler.status ?? {};
  const active = conditionOf(conditions, 'ScalingActive');
  const able = conditionOf(conditions, 'AbleToScale');
  if (able?.status === 'False' && lasts(able.lastTransitionTime, snapshot)) {
    const { reason = '', message = '' } = able;
    return draft(scaler, {
      code: /not found|no matches for kind/.test(message) ? 'HPA_TARGET_MISSING' : 'HPA_CANNOT_SCALE',
      severity: 'critical',
      summary: `it cannot scale its target ${describeRef(targetOf(scaler))}`,
      evidence: [quoteEvent({ reason, message })],
      question: 'What does the message ask for?',
      depth: 1,
    });
  }
  if (active?.status !== 'False') return undefined;
  // The other analyzers of autoscalers and of workloads without pods speak of these.
  if (active.reason === 'ScalingDisabled' || active.reason === 'AmbiguousSelector') return undefined;
  if (!lasts(active.lastTransitionTime, snapshot)) return undefined;
  const { reason = '', message = '' } = active;
  return draft(scaler, {
    code: 'HPA_WITHOUT_METRICS',
    severity: 'critical',
    summary: 'it gets no metrics, and leaves the size of its target as it is',
    evidence: [quoteEvent({ reason, message })],
    question: 'Who is to serve this metric, and does it?',
    dependsOn: [...sourcesOf(message), targetOf(scaler)],
    depth: 0,
  });
}

function lasts(time: string | undefined, snapshot: Snapshot): boolean {
  return (sinceMs(snapshot, time) ?? Number.POSITIVE_INFINITY) >= settlingMs;
}

const metricsApis = [
  { says: 'custom metrics API', name: 'v1beta1.custom.metrics.k8s.io' },
  { says: 'external metrics API', name: 'v1beta1.external.metrics.k8s.io' },
  { says: 'resource metrics API', name: 'v1beta1.metrics.k8s.io' },
];

/** What serves the metrics that a message misses. */
function sourcesOf(message: string): Ref[] {
  const api = metricsApis.find(({ says }) => message.includes(says));
  if (api === undefined) return [];
  const server = { kind: 'Deployment', name: 'metrics-server', namespace: 'kube-system' };
  return [{ kind: 'APIService', name: api.name }, ...(api.says.startsWith('resource') ? [server] : [])];
}
