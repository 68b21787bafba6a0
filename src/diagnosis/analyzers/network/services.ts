import { describeRef } from '../../../core/ref.ts';
import type { Service } from '../../../kubernetes/kinds/network.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { isReady } from '../../../kubernetes/pod-readiness.ts';
import { sinceMs, unreadyMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { carries, endpointsOf, isAdded, setsBehind } from '../../network/behind-service.ts';
import { complaintsAbout } from '../../network/connection-logs.ts';
import type { PodSet } from '../../pod-sets.ts';
import { labelsLike, setsEverywhere, setsOf, setsWithRarest } from '../../set-index.ts';
import { isSlip } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';
import { servesPorts } from './service-ports.ts';

type Code = 'SERVICE_SELECTS_NOTHING' | 'SERVICE_UNREADY' | 'SERVICE_WITHOUT_ENDPOINTS';

// Pods need a moment to be pulled, started and found ready; who complains earlier complains of every deployment.
const startingMs = 120_000;
const podMakers = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod'];

/** Services behind which there is nobody. */
export const servicesAnalyzer = defineAnalyzer({
  id: 'services',
  needs: ['Service', 'EndpointSlice', 'Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
  codes: {
    SERVICE_SELECTS_NOTHING: {
      row: 'selector-mismatch',
      means: 'No pod, and nothing that makes pods, has the labels that a Service selects.',
      decided:
        'By the templates of all workloads of its namespace and by its EndpointSlices, which are empty or absent. A workload that is scaled to zero has the labels.',
      fixed: 'The selector of the one workload that has all but one of the labels.',
    },
    SERVICE_UNREADY: {
      row: 'service',
      means: 'A Service has pods, and none of them is ready.',
      decided:
        'By its EndpointSlices, once none of its pods has been ready for two minutes and for as long as startup probes allow.',
      fixed: 'What keeps the pods from being ready; it then has endpoints by itself.',
    },
    SERVICE_WITHOUT_ENDPOINTS: {
      row: 'service',
      means: 'A Service selects no pods, and nobody wrote endpoints for it.',
      decided:
        'No selector and no EndpointSlice of its name, where other Services of the cluster have theirs.',
      fixed: 'A selector, or an EndpointSlice with the addresses it stands for.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('Service').flatMap((service): Draft<Code>[] => {
      if (isDeleting(service) || service.spec.type === 'ExternalName') return [];
      if (Object.keys(service.spec.selector ?? {}).length === 0) return unselecting(service, snapshot);
      const sets = setsBehind(service, snapshot);
      return sets.length === 0 ? selectsNothing(service, snapshot) : unready(service, { sets, snapshot });
    });
  },
});

function selectsNothing(service: Service, snapshot: Snapshot): Draft<Code>[] {
  const { namespace = '' } = service.metadata;
  const endpoints = endpointsOf(service, snapshot);
  if (endpoints.total > 0) return [];
  // Without slices only who saw all workloads can tell, and pods that nobody read in full may be an operator's.
  if (!endpoints.known && !podMakers.every(kind => snapshot.sees(kind, namespace))) return [];
  const near = nearestSets(service, snapshot);
  const [only] = near;
  const elsewhere = near.length === 0 ? twinElsewhere(service, snapshot) : undefined;
  const ref = refOf(service);
  const selector = service.spec.selector ?? {};
  const fixes = near.length === 1 && only !== undefined ? selectorFix(service, only, snapshot) : [];
  return [
    {
      code: 'SERVICE_SELECTS_NOTHING',
      severity: 'critical',
      object: ref,
      summary: 'selects labels that no pod and no workload of its namespace has',
      evidence: [
        quoteField('spec.selector', selector),
        ...near
          .slice(0, 2)
          .map(({ object, labels }) => quoteField(`${describeRef(refOf(object))} pod labels`, labels)),
        ...(elsewhere === undefined
          ? []
          : [quoteField(`${describeRef(refOf(elsewhere.object))} pod labels`, elsewhere.labels)]),
      ],
      ...(elsewhere === undefined
        ? {}
        : { cause: 'A Service selects pods of its own namespace only; the workload is in another.' }),
      confidence: endpoints.known || snapshot.rows.length === 0 ? 'certain' : 'likely',
      fixes,
      ...(fixes.length > 0
        ? {}
        : { question: `Which workload is ${service.metadata.name} meant to lead to?` }),
      breaks: complaintsAbout(service, snapshot),
      depth: 2,
    },
  ];
}

/** Workloads that have all labels of the selector but one, or, where it is only one, a label like it. */
export function nearestSets(service: Service, snapshot: Snapshot): PodSet[] {
  const { name, namespace = '' } = service.metadata;
  const at = { namespace, snapshot };
  const selector = Object.entries(service.spec.selector ?? {});
  const runs = ({ object }: PodSet) => object.kind !== 'Job' && object.kind !== 'CronJob';
  const isOfName = ({ object }: PodSet) => object.metadata.name === name;
  if (selector.length > 1) {
    // What has all but one of some labels has all of them but that one, whichever it is.
    const candidates = selector.flatMap(missed =>
      setsWithRarest(
        selector.filter(pair => pair !== missed && !isAdded(pair)),
        at,
      ),
    );
    const near = [...new Set(candidates)].filter(
      set => runs(set) && selector.filter(pair => !carries(set, pair)).length === 1,
    );
    const named = near.filter(isOfName);
    return named.length === 1 ? named : near;
  }
  const near = selector.flatMap(pair => setsLike(pair, at)).filter(runs);
  if (near.length > 0) return near;
  return [...podMakers, 'ReplicaSet']
    .flatMap(kind => snapshot.get({ kind, name, namespace }) ?? [])
    .flatMap(object => setsOf(object, snapshot))
    .filter(({ labels }) => Object.keys(labels).length > 0);
}

/** Workloads with a label that differs by a slip; of more than a few none is the one that is meant. */
function setsLike(pair: readonly [string, string], at: { namespace: string; snapshot: Snapshot }): PodSet[] {
  const [key, value] = pair;
  const { ofKey, ofValue } = labelsLike(pair, at);
  const near = new Set<PodSet>();
  const isLike = ([itsKey, itsValue]: readonly [string, string]) =>
    (itsKey === key && isSlip(itsValue, value)) || (itsValue === value && isSlip(itsKey, key));
  for (const label of [...ofKey, ...ofValue]) {
    if (near.size >= mostNear) break;
    if (isLike(label)) for (const set of setsWithRarest([label], at)) near.add(set);
  }
  return [...near];
}

// Two are already a question.
const mostNear = 3;

/** A label of the set that differs from the wanted one by a slip in its key or in its value. */
function labelLike(
  { labels }: PodSet,
  [key, value]: readonly [string, string],
): [string, string] | undefined {
  return Object.entries(labels).find(
    ([each, its]) => (each === key && isSlip(its, value)) || (its === value && isSlip(each, key)),
  );
}

/** The selector with which exactly that workload is behind the service; none where others would be too, or its ports would not fit. */
function selectorFix(service: Service, set: PodSet, snapshot: Snapshot) {
  const selector = { ...service.spec.selector };
  const patch: Record<string, string | null> = {};
  for (const pair of Object.entries(selector)) {
    if (carries(set, pair)) continue;
    const [key] = pair;
    const like = labelLike(set, pair) ?? nameLabel(set);
    delete selector[key];
    if (like?.[0] !== key) patch[key] = null;
    const [newKey, value] = Object.hasOwn(set.labels, key) ? [key, set.labels[key]] : (like ?? []);
    if (newKey === undefined || value === undefined) continue;
    selector[newKey] = value;
    patch[newKey] = value;
  }
  if (Object.keys(selector).length === 0 || set.wanted === 0) return [];
  const healed: Service = { ...service, spec: { ...service.spec, selector } };
  const behind = setsBehind(healed, snapshot);
  if (behind.length !== 1 || behind[0] !== set || !servesPorts(healed, set)) return [];
  const does = `Let ${describeRef(refOf(service))} select ${describeRef(refOf(set.object))}`;
  return [patchFix(refOf(service), { patch: { spec: { selector: patch } }, does })];
}

function nameLabel({ labels, object }: PodSet): [string, string] | undefined {
  return Object.entries(labels).find(([, value]) => value === object.metadata.name);
}

function twinElsewhere(service: Service, snapshot: Snapshot): PodSet | undefined {
  const selector = Object.entries(service.spec.selector ?? {});
  const [rarest = []] = selector
    .filter(pair => !isAdded(pair))
    .map(pair => setsEverywhere(pair, snapshot))
    .toSorted((a, b) => a.length - b.length);
  const twins = rarest.filter(
    set => set.namespace !== service.metadata.namespace && selector.every(pair => carries(set, pair)),
  );
  return twins.length === 1 ? twins[0] : undefined;
}

function unready(
  service: Service,
  { sets, snapshot }: { sets: readonly PodSet[]; snapshot: Snapshot },
): Draft<Code>[] {
  const endpoints = endpointsOf(service, snapshot);
  const wanted = sets.filter(set => set.wanted > 0);
  if (!endpoints.known || endpoints.ready > 0 || wanted.length === 0) return [];
  if (wanted.some(set => set.ready > 0 || isStarting(set, snapshot))) return [];
  const [first] = wanted;
  return [
    {
      code: 'SERVICE_UNREADY',
      severity: 'critical',
      object: refOf(service),
      summary: `none of its ${endpoints.total === 0 ? 'pods exists' : `${endpoints.total} pods is ready`}`,
      evidence: [
        quoteField('EndpointSlice ready endpoints', `0 of ${endpoints.total}`),
        quoteField('spec.selector', service.spec.selector),
      ],
      confidence: 'certain',
      fixes: [],
      question: `Why is no pod of ${first === undefined ? 'it' : describeRef(refOf(first.object))} ready?`,
      dependsOn: wanted.map(({ object }) => refOf(object)),
    },
  ];
}

/** A pod that was ready a moment ago and starts again is no more down than a new one. */
function isStarting({ object, pods }: PodSet, snapshot: Snapshot): boolean {
  // Where no controller has looked at it, its pods have not been due.
  if (pods.length === 0) return object.status === undefined || isYoung(object, snapshot);
  return pods.some(
    pod =>
      !isDeleting(pod) &&
      (isReady(pod) || (unreadyMs(pod, snapshot) ?? Number.POSITIVE_INFINITY) < startSpanMs(pod)),
  );
}

/** How long a pod may take until it is ready, by its startup probes. */
function startSpanMs({ spec }: Pod): number {
  const spans = spec.containers.map(({ startupProbe }) => {
    if (startupProbe === undefined) return 0;
    const number = (name: string, unset: number) => {
      const value = startupProbe[name];
      return typeof value === 'number' && value >= 0 ? value : unset;
    };
    return (
      1_000 * (number('initialDelaySeconds', 0) + number('periodSeconds', 10) * number('failureThreshold', 3))
    );
  });
  return startingMs + Math.max(0, ...spans);
}

/** What does not say when it was made is not young. */
function isYoung({ metadata }: KubeObject, snapshot: Snapshot): boolean {
  return (sinceMs(snapshot, metadata.creationTimestamp) ?? startingMs) < startingMs;
}

function unselecting(service: Service, snapshot: Snapshot): Draft<Code>[] {
  const { namespace, name } = service.metadata;
  if (!snapshot.sees('EndpointSlice', namespace) || snapshot.of('EndpointSlice').length === 0) return [];
  const endpoints = endpointsOf(service, snapshot);
  const old = snapshot.find('Endpoints', { name, ...(namespace === undefined ? {} : { namespace }) });
  if (endpoints.total > 0 || (old?.subsets ?? []).length > 0) return [];
  if (isYoung(service, snapshot)) return [];
  // A headless one without ports is a mere name for pods of a StatefulSet, and asks for nobody.
  if ((service.spec.ports ?? []).length === 0) return [];
  return [
    {
      code: 'SERVICE_WITHOUT_ENDPOINTS',
      severity: 'warning',
      object: refOf(service),
      summary: 'selects no pods, and nobody wrote endpoints for it',
      evidence: [
        quoteField('spec.selector', undefined),
        quoteField('EndpointSlice endpoints', endpoints.known ? '0' : undefined),
      ],
      confidence: 'likely',
      fixes: [],
      question: `What is ${name} meant to lead to?`,
      breaks: complaintsAbout(service, snapshot),
      depth: 2,
    },
  ];
}
