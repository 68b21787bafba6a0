import type { Fix } from '../../core/finding.ts';
import { objectsIn } from '../../core/json.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { faultsOf } from '../../kubernetes/pod-security/standards.ts';
import type { Draft } from '../analyzer.ts';
import { quoteEvent, quoteField } from '../evidence.ts';
import { patchFix } from '../fixes.ts';
import type { PodSet } from '../pod-sets.ts';
import { meantName, nearNames } from '../slip.ts';
import type { Snapshot } from '../snapshot.ts';
import { patchAt } from '../workload-patch.ts';
import { accountOf, builtInClasses, defaultAccount } from './borne-out.ts';
import type { Refusal } from './creation-refusal.ts';
import { demandIn, refusalOf } from './foreseen-refusal.ts';
import { harmTo } from './harm.ts';
import { wayBack } from './roll-back.ts';

export type RefusalCode =
  | 'QUOTA_EXCEEDED'
  | 'QUOTA_NEEDS_AMOUNTS'
  | 'LIMIT_RANGE_BROKEN'
  | 'POD_SECURITY_BROKEN'
  | 'SERVICE_ACCOUNT_MISSING'
  | 'PRIORITY_CLASS_MISSING'
  | 'WEBHOOK_STOPS_PODS'
  | 'POD_REFUSED';

interface Around {
  set: PodSet;
  snapshot: Snapshot;
}

/** A finding from a refusal. evidence: what the server said; absent: nothing yet. */
export function draftOf(
  refusal: Refusal,
  { set, snapshot, evidence }: Around & { evidence?: string },
): Draft<RefusalCode> {
  const { namespace, object, at, spec } = set;
  const ref = refOf(object);
  const quotes = evidence === undefined ? [] : [evidence];
  const base = {
    severity: harmTo(set),
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
        summary: `Pod Security of namespace ${namespace} refuses its pods${rulesOf(set, snapshot)}`,
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
      return accountMissing(set, { base: { ...base, ...healed }, snapshot, quotes });
    case 'priority':
      return {
        ...base,
        code: 'PRIORITY_CLASS_MISSING',
        object: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', name: refusal.name },
        summary: `there is no such priority class, which ${describeRef(ref)} names`,
        evidence: [
          quoteField(
            `${object.kind}/${object.metadata.name} ${at}.priorityClassName`,
            spec.priorityClassName,
          ),
          ...quotes,
        ],
        ...healed,
        question: questionOf('class', nearNames(refusal.name, snapshot.list('PriorityClass').map(nameOf))),
      };
    case 'webhook-down':
      return {
        ...base,
        code: 'WEBHOOK_STOPS_PODS',
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
    case 'policy':
      return {
        ...base,
        code: 'POD_REFUSED',
        summary: `the admission policy ${refusal.policy} refuses its pods`,
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
  set: PodSet,
  {
    base,
    snapshot,
    quotes,
  }: Omit<Around, 'set'> & { base: Omit<Draft, 'code' | 'summary' | 'evidence'>; quotes: string[] },
): Draft<RefusalCode> {
  const { namespace, object, at, spec } = set;
  const account = accountOf(spec);
  const names = snapshot.list('ServiceAccount', namespace).map(nameOf);
  const name = meantName(
    account,
    names.filter(each => each !== defaultAccount),
  );
  const ref = refOf(object);
  const isNamed = account !== defaultAccount && snapshot.sees('ServiceAccount', namespace);
  const isFixed = isNamed && name !== undefined && !isKind(object, 'Pod') && !isKind(object, 'Job');
  return {
    ...base,
    code: 'SERVICE_ACCOUNT_MISSING',
    object: { apiVersion: 'v1', kind: 'ServiceAccount', name: account, namespace },
    summary: `there is no such service account, as which ${describeRef(ref)} is to run`,
    evidence: [
      quoteField(`${object.kind}/${object.metadata.name} ${at}.serviceAccountName`, spec.serviceAccountName),
      ...quotes,
    ],
    fixes:
      base.fixes.length > 0 || !isFixed
        ? base.fixes
        : [
            patchFix(ref, {
              // The older field of the same meaning would win over the newer one.
              patch: patchAt(at, { serviceAccountName: name, serviceAccount: name }),
              does: `Run ${describeRef(ref)} as ServiceAccount/${name}`,
            }),
          ],
    question: questionOf('account', nearNames(account, names)),
  };
}

// More than these are in the evidence.
const mostRules = 4;

/** The rules that a template breaks, where the level that is enforced was read. */
function rulesOf({ spec, namespace }: PodSet, snapshot: Snapshot): string {
  const demand = demandIn(namespace, snapshot);
  const rules = demand === undefined ? [] : faultsOf(spec, demand).map(({ reason }) => reason);
  const more = rules.length > mostRules ? ` and ${rules.length - mostRules} more` : '';
  return rules.length === 0 ? '' : `: ${rules.slice(0, mostRules).join(', ')}${more}`;
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

/** The revision before, where it breaks no such rule and the present one does by what was read, not by an event alone. */
function rollBack({ by }: Refusal, { set, snapshot }: Around): readonly Fix[] {
  const { namespace } = set;
  if (by === 'account' || by === 'priority') {
    const isThere = (spec: PodSet['spec']) => nameIsThere(spec, { by, namespace, snapshot });
    return isThere(set.spec) ? [] : wayBack(set.object, { snapshot, without: isThere });
  }
  if (by !== 'limit-range' && by !== 'pod-security' && by !== 'quota-needs') return [];
  if (refusalOf(set, snapshot)?.by !== by) return [];
  return wayBack(set.object, {
    snapshot,
    without: spec => refusalOf({ spec, namespace }, snapshot) === undefined,
  });
}

/** Whether the account or the class that a spec names is not known to be missing. */
function nameIsThere(
  spec: PodSet['spec'],
  { by, namespace, snapshot }: { by: 'account' | 'priority'; namespace: string; snapshot: Snapshot },
): boolean {
  if (by === 'account') {
    const name = accountOf(spec);
    return name === defaultAccount || !snapshot.lacks({ kind: 'ServiceAccount', name, namespace });
  }
  const { priorityClassName: name = '' } = spec;
  return name === '' || builtInClasses.has(name) || !snapshot.lacks({ kind: 'PriorityClass', name });
}
