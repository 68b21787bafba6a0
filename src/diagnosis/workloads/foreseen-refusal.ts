import { isObject, type JsonObject, objectsIn } from '../../core/json.ts';
import { completed, podProblems } from '../../kubernetes/limit-range.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { demandOf, faultsOf, inDetail } from '../../kubernetes/pod-security/standards.ts';
import { chargeOf, isInScope, unspecified, usageOf } from '../../kubernetes/quota-usage.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Refusal } from './creation-refusal.ts';

/** Newer than any version of the standards that a label can name. */
const newestStandard = 99;

/** What admission would say of a pod of this spec; undefined: nothing that can be foreseen. */
export function refusalOf(
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
    // A limit range that could not be read may give what is missing.
    const needs = snapshot.sees('LimitRange', namespace) ? unspecified(empty, pod) : '';
    if (needs !== '') return { by: 'quota-needs', quota: name, detail: `must specify ${needs}` };
    const { beyond } = chargeOf(empty, usageOf(pod, 'pods'));
    if (beyond !== undefined) return { by: 'quota', quota: name, detail: beyond };
  }
  return undefined;
}

/** What Pod Security enforces in a namespace; undefined where that was not read. */
export function demandIn(namespace: string, snapshot: Snapshot) {
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
