import type { Fix } from '../../core/finding.ts';
import { isObject, type JsonObject, objectsIn } from '../../core/json.ts';
import { nearestNames } from '../../core/nearest.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { completed, podProblems } from '../../kubernetes/limit-range.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { demandOf, faultsOf, inDetail } from '../../kubernetes/pod-security/standards.ts';
import { chargeOf, isInScope, unspecified, usageOf } from '../../kubernetes/quota-usage.ts';
import { type Draft, defineAnalyzer } from '../analyzer.ts';
import { type Refusal, readRefusal } from '../creation-refusal.ts';
import { quoteEvent, quoteField } from '../evidence.ts';
import { patchFix } from '../fixes.ts';
import type { PodSet } from '../pod-sets.ts';
import { lacksPods, refusalTo } from '../refused-pods.ts';
import { wayBack } from '../roll-back.ts';
import { meantName } from '../slip.ts';
import type { Snapshot } from '../snapshot.ts';
import { patchAt } from '../workload-patch.ts';

/** Every cluster has these, whether anybody reads them or not. */
const builtInClasses = new Set(['system-cluster-critical', 'system-node-critical']);
/** Made with every namespace, a moment after it. */
const defaultAccount = 'default';
/** Newer than any version of the standards that a label can name. */
const newestStandard = 99;

/** Pods that a server refuses to make, and specs that it would refuse. */
export const refusedPodsAnalyzer = defineAnalyzer({
  id: 'refused-pods',
  needs: [
    'Deployment',
    'ReplicaSet',
    'StatefulSet',
    'DaemonSet',
    'Job',
    'CronJob',
    'Event',
    'ControllerRevision',
    'ResourceQuota',
    'LimitRange',
    'Namespace',
    'ServiceAccount',
    'PriorityClass',
  ],
  codes: {
    QUOTA_EXCEEDED: {
      row: 'creation-refused',
      means: 'A quota has no room for the pods of a workload.',
      decided:
        'The server says "exceeded quota", or a single pod asks for more than the whole quota. One finding a quota, whatever it refuses.',
      fixed: 'A larger quota, smaller requests, or something else that ends.',
    },
    QUOTA_NEEDS_AMOUNTS: {
      row: 'creation-refused',
      means: 'A quota counts what pods ask for, and the pods of a workload do not say it.',
      decided:
        'The server says "must specify", or containers name no amount of what a quota limits and no limit range gives one.',
      fixed: 'Requests and limits in the template, or a LimitRange with defaults.',
    },
    LIMIT_RANGE_BROKEN: {
      row: 'creation-refused',
      means: 'The pods of a workload lie outside of a limit range.',
      decided:
        'The server says so, or the amounts of the template break the minimum, maximum or ratio of a LimitRange.',
      fixed: 'Amounts within the range; the revision before, where it fits.',
    },
    POD_SECURITY_BROKEN: {
      row: 'creation-refused',
      means: 'The pods of a workload break the Pod Security Standard that their namespace enforces.',
      decided: 'The server says so, or the template breaks the enforced level and has no pods.',
      fixed: 'The fields that are named; the revision before, where it fits.',
    },
    SERVICE_ACCOUNT_MISSING: {
      row: 'creation-refused',
      means: 'A workload runs as a service account that does not exist.',
      decided: 'The accounts of the namespace were read and it is not among them, or the server says so.',
      fixed: 'The account; or its right name, where just one is near.',
    },
    PRIORITY_CLASS_MISSING: {
      row: 'creation-refused',
      means: 'A workload names a priority class that does not exist.',
      decided: 'The classes were read and it is not among them, or the server says so.',
      fixed: 'The class, or another name.',
    },
    WEBHOOK_UNREACHABLE: {
      row: 'creation-refused',
      means: 'An admission webhook that has to be asked does not answer, so that no pods are made.',
      decided: 'The server says "failed calling webhook". Folds under a webhook without a backend.',
      fixed: 'Its backend, or failurePolicy Ignore.',
    },
    POD_REFUSED: {
      row: 'creation-refused',
      means: 'The server refuses the pods of a workload for another reason, such as a policy.',
      decided: 'ReplicaFailure, or a current FailedCreate of a workload that lacks pods.',
      fixed: 'What the message names.',
    },
  },

  analyze(snapshot) {
    const drafts = snapshot.podSets.flatMap(set => {
      const said = refusalTo(set, snapshot);
      const found = said === undefined ? foreseen(set, snapshot) : toldBy(said, { set, snapshot });
      return found === undefined ? [] : [{ ...answered(found), breaks: [refOf(set.object)] }];
    });
    return merged(drafts);
  },
});

/** What has a fix asks nothing. */
function answered({ question, ...draft }: Draft<Code>): Draft<Code> {
  return draft.fixes.length > 0 || question === undefined ? draft : { ...draft, question };
}

type Code =
  | 'QUOTA_EXCEEDED'
  | 'QUOTA_NEEDS_AMOUNTS'
  | 'LIMIT_RANGE_BROKEN'
  | 'POD_SECURITY_BROKEN'
  | 'SERVICE_ACCOUNT_MISSING'
  | 'PRIORITY_CLASS_MISSING'
  | 'WEBHOOK_UNREACHABLE'
  | 'POD_REFUSED';

interface Around {
  set: PodSet;
  snapshot: Snapshot;
}

/** From the server's own words. */
function toldBy(message: string, around: Around): Draft<Code> {
  const evidence = quoteEvent({ reason: 'FailedCreate', message });
  return draftOf(readRefusal(message), { ...around, evidence });
}

/** From the spec alone. */
function foreseen(set: PodSet, snapshot: Snapshot): Draft<Code> | undefined {
  const { spec, namespace, object } = set;
  const around = { set, snapshot };
  const account = spec.serviceAccountName ?? '';
  const isNamed = account !== '' && account !== defaultAccount;
  if (isNamed && snapshot.lacks({ kind: 'ServiceAccount', name: account, namespace }))
    return draftOf({ by: 'account', account }, around);
  const { priorityClassName: name = '' } = spec;
  if (name !== '' && !builtInClasses.has(name) && snapshot.lacks({ kind: 'PriorityClass', name }))
    return draftOf({ by: 'priority', name }, around);
  // What pods of a workload that has some would be told is of no use: they were let in.
  const hasAll = set.pods.length > 0 || set.wanted === 0 || !lacksPods(object, set);
  const refusal = hasAll ? undefined : refusalOf(set, snapshot);
  return refusal === undefined ? undefined : draftOf(refusal, around);
}

/** What admission would say of a pod. */
function refusalOf(
  { spec: given, namespace }: Pick<PodSet, 'spec' | 'namespace'>,
  snapshot: Snapshot,
): Refusal | undefined {
  const demand = demandIn(namespace, snapshot);
  const faults = demand === undefined ? [] : faultsOf(given, demand);
  if (faults.length > 0)
    return {
      by: 'pod-security',
      detail: `violates PodSecurity "${demand?.level ?? ''}": ${inDetail(faults)}`,
    };
  const ranges = limitsIn(namespace, snapshot);
  const spec = withDefaults(given, ranges);
  const [problem] = ranges.flatMap(item => podProblems(spec, item));
  if (problem !== undefined) return { by: 'limit-range', detail: problem };
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod', namespace }, spec };
  for (const quota of snapshot.list('ResourceQuota', namespace).filter(each => isInScope(each, pod))) {
    const { name } = quota.metadata;
    // Not what is used now, which passes: a quota that is smaller than one pod.
    const hard = isObject(quota.spec) ? quota.spec['hard'] : undefined;
    const empty = { ...quota, status: { hard: isObject(hard) ? hard : {}, used: {} } };
    const needs = unspecified(empty, pod);
    if (needs !== '') return { by: 'quota-needs', quota: name, detail: `must specify ${needs}` };
    const { beyond } = chargeOf(empty, usageOf(pod, 'pods'));
    if (beyond !== undefined) return { by: 'quota', quota: name, detail: beyond };
  }
  return undefined;
}

function demandIn(namespace: string, snapshot: Snapshot) {
  const object = snapshot.get({ kind: 'Namespace', name: namespace });
  return object === undefined ? undefined : demandOf(object, { mode: 'enforce', newest: newestStandard });
}

function limitsIn(namespace: string, snapshot: Snapshot): JsonObject[] {
  return snapshot.list('LimitRange', namespace).flatMap(({ spec }) => objectsIn(spec?.['limits']));
}

function withDefaults(spec: JsonObject, ranges: readonly JsonObject[]): JsonObject {
  return ranges
    .filter(item => item['type'] === 'Container')
    .reduce<JsonObject>((whole, item) => ({ ...whole, ...completed(whole, { item, notes: [] }) }), spec);
}

/** evidence: what the server said; absent: nothing yet. */
function draftOf(refusal: Refusal, { set, snapshot, evidence }: Around & { evidence?: string }): Draft<Code> {
  const { namespace, object, at, spec } = set;
  const ref = refOf(object);
  const quotes = evidence === undefined ? [] : [evidence];
  const base = {
    // What runs goes on running; what is to come does not.
    severity: set.ready > 0 && set.ready >= set.wanted ? ('warning' as const) : ('critical' as const),
    confidence: 'certain' as const,
    object: ref,
    fixes: [],
    depth: 2,
  };
  const healed = { fixes: rollBack(refusal, { set, snapshot }) };
  switch (refusal.by) {
    case 'quota':
      return {
        ...base,
        code: 'QUOTA_EXCEEDED',
        object: { apiVersion: 'v1', kind: 'ResourceQuota', name: refusal.quota, namespace },
        summary: `it has no room for pods of ${describeRef(ref)}`,
        evidence: [
          evidence === undefined
            ? quoteField('spec.hard', refusal.detail)
            : quoteEvent({ reason: 'FailedCreate', message: `exceeded quota: ${refusal.detail}` }),
        ],
        question: 'Should the quota grow, or should something ask for less?',
      };
    case 'quota-needs':
      return {
        ...base,
        code: 'QUOTA_NEEDS_AMOUNTS',
        summary: `ResourceQuota/${refusal.quota} refuses its pods: they ${refusal.detail}`,
        evidence: [
          quoteField(`${at}.containers[0].resources`, spec.containers[0]?.resources ?? {}),
          ...quotes,
        ],
        ...healed,
        question: 'How much does each container need?',
        dependsOn: [{ kind: 'ResourceQuota', name: refusal.quota, namespace }],
      };
    case 'limit-range':
      return {
        ...base,
        code: 'LIMIT_RANGE_BROKEN',
        summary: `a limit range refuses its pods: ${refusal.detail.split(', maximum')[0] ?? ''}`.slice(
          0,
          160,
        ),
        evidence: [
          quoteField(`${at}.containers[0].resources`, spec.containers[0]?.resources ?? {}),
          ...quotes,
        ],
        ...healed,
        question: 'Which amounts within the range does it need?',
      };
    case 'pod-security':
      return {
        ...base,
        code: 'POD_SECURITY_BROKEN',
        summary: `Pod Security of namespace ${namespace} refuses its pods`,
        evidence: [
          quoteField(`Namespace/${namespace} enforces`, demandIn(namespace, snapshot)?.level),
          ...(evidence === undefined
            ? [quoteField('pod', refusal.detail)]
            : [quoteEvent({ reason: 'FailedCreate', message: refusal.detail })]),
        ],
        ...healed,
        question: 'Which of these rights does it need, and may the namespace give them?',
      };
    case 'account':
      return accountMissing(refusal.account, { base, set, snapshot, quotes });
    case 'priority':
      return {
        ...base,
        code: 'PRIORITY_CLASS_MISSING',
        object: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', name: refusal.name },
        summary: `there is no such priority class, which ${describeRef(ref)} names`,
        evidence: [
          quoteField(`${object.kind}/${object.metadata.name} ${at}.priorityClassName`, refusal.name),
          ...quotes,
        ],
        question: questionOf('class', nearestNames(refusal.name, snapshot.list('PriorityClass').map(nameOf))),
      };
    case 'webhook-down':
      return {
        ...base,
        code: 'WEBHOOK_UNREACHABLE',
        summary: `no pods are made: the admission webhook ${refusal.webhook} does not answer`,
        evidence: quotes,
        question: `Why does ${refusal.webhook} not answer?`,
        dependsOn: configurationsOf(refusal.webhook, snapshot),
        depth: 1,
      };
    case 'webhook':
      return {
        ...base,
        code: 'POD_REFUSED',
        summary: `the admission webhook ${refusal.webhook} refuses its pods`,
        evidence: quotes,
        question: 'What does the policy ask for?',
      };
    case 'other':
      return {
        ...base,
        code: 'POD_REFUSED',
        summary: 'the server refuses to make its pods',
        evidence: quotes,
        question: 'What does the message ask for?',
      };
  }
}

function accountMissing(
  account: string,
  {
    base,
    set,
    snapshot,
    quotes,
  }: Around & { base: Omit<Draft, 'code' | 'summary' | 'evidence'>; quotes: string[] },
): Draft<Code> {
  const { namespace, object, at } = set;
  const names = snapshot.list('ServiceAccount', namespace).map(nameOf);
  const name = meantName(
    account,
    names.filter(each => each !== defaultAccount),
  );
  const ref = refOf(object);
  const isFixed = name !== undefined && !isKind(object, 'Pod') && !isKind(object, 'Job');
  return {
    ...base,
    code: 'SERVICE_ACCOUNT_MISSING',
    object: { apiVersion: 'v1', kind: 'ServiceAccount', name: account, namespace },
    summary: `there is no such service account, as which ${describeRef(ref)} is to run`,
    evidence: [
      quoteField(`${object.kind}/${object.metadata.name} ${at}.serviceAccountName`, account),
      ...quotes,
    ],
    ...(isFixed
      ? {
          fixes: [
            patchFix(ref, {
              // The older field of the same meaning would win over the newer one.
              patch: patchAt(at, { serviceAccountName: name, serviceAccount: name }),
              does: `Run ${describeRef(ref)} as ServiceAccount/${name}`,
            }),
          ],
        }
      : { question: questionOf('account', nearestNames(account, names)) }),
  };
}

function questionOf(what: string, near: readonly string[]): string {
  const meant = near.length === 0 ? '' : `; is ${near.join(' or ')} meant`;
  return `Should the ${what} be made${meant}?`;
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name;
}

/** Where a webhook is registered, whose own finding says what is wrong with it. */
function configurationsOf(webhook: string, snapshot: Snapshot): Ref[] {
  return ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].flatMap(kind =>
    snapshot
      .list(kind)
      .filter(each => objectsIn(each['webhooks']).some(({ name }) => name === webhook))
      .map(refOf),
  );
}

/** The revision before, where it breaks no such rule. */
function rollBack({ by }: Refusal, { set, snapshot }: Around): readonly Fix[] {
  if (by !== 'limit-range' && by !== 'pod-security' && by !== 'quota-needs') return [];
  const { namespace } = set;
  return wayBack(set.object, {
    snapshot,
    without: spec => refusalOf({ spec, namespace }, snapshot) === undefined,
  });
}

/** One finding a cause, with all that it keeps from running. */
function merged(drafts: readonly Draft<Code>[]): Draft<Code>[] {
  const groups = Map.groupBy(drafts, ({ code, object }) => `${code} ${describeRef(object)} ${object.kind}`);
  return [...groups.values()].flatMap(group => {
    const [first] = group.toSorted((a, b) => (a.severity < b.severity ? -1 : 1));
    if (first === undefined) return [];
    const breaks = group.flatMap(each => each.breaks ?? []);
    const more = group.length > 1 ? ` and ${group.length - 1} more` : '';
    return [{ ...first, summary: `${first.summary}${more}`, breaks }];
  });
}
