import { describeRef, type Ref } from '../../core/ref.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { podSpecIn } from '../../kubernetes/pod-security/standards.ts';
import { exceptionsOf } from './exceptions.ts';
import { isMade } from './made.ts';
import type { AuditFinding, AuditSeverity, AuditView, Place, Rule } from './rule.ts';
import { rules } from './rules/index.ts';
import { isSystem } from './system-namespaces.ts';

export interface Audit {
  /** The gravest first, then in the order of the rules, then by namespace and name. Notes among them. */
  findings: readonly AuditFinding[];
  /** What annotations excuse, by rule. */
  excepted: ReadonlyMap<string, number>;
  /** Findings of what belongs to the cluster itself, which nobody asked for. */
  system: number;
  objects: number;
}

const order: readonly AuditSeverity[] = ['high', 'medium', 'low', 'note'];
const ids = rules.map(({ id }) => id);
const ended = 'exception-ended';
// Of a pod that runs the server takes no other spec, nor of a job.
const fixed = ['Pod', 'Job'];

/**
 * Judges objects by all rules. `withSystem`: also the namespaces of the cluster itself, which are else counted only.
 */
export function audit(
  objects: readonly KubeObject[],
  { view, withSystem }: { view: AuditView; withSystem: boolean },
): Audit {
  const found: { finding: AuditFinding; rank: number }[] = [];
  const excepted = new Map<string, number>();
  let system = 0;
  let judged = 0;
  for (const object of objects) {
    if (isMade(object, view)) continue;
    judged += 1;
    const { excused, faults } = exceptionsOf(object, { nowMs: view.nowMs, rules: ids });
    const hidden = !withSystem && isSystem(object);
    for (const [rank, rule] of rules.entries()) {
      const places = rule.id === ended ? faults : placesOf(rule, { object, view });
      if (places.length === 0) continue;
      if (excused.has(rule.id)) excepted.set(rule.id, (excepted.get(rule.id) ?? 0) + places.length);
      else if (hidden) system += places.length;
      else
        for (const place of places)
          found.push({ finding: findingOf(place, { rule, ref: refOf(object), view }), rank });
    }
  }
  const findings = found.toSorted((a, b) => compare(a, b)).map(({ finding }) => finding);
  return { findings, excepted, system, objects: judged };
}

function placesOf(rule: Rule, { object, view }: { object: KubeObject; view: AuditView }): Place[] {
  if (rule.filesOnly === true && view.live) return [];
  const { appliesTo } = rule;
  if (
    appliesTo === 'pods'
      ? podSpecIn(object) === undefined
      : appliesTo !== 'all' && !appliesTo.includes(object.kind)
  )
    return [];
  return rule.check(object, view);
}

function findingOf(
  place: Place,
  { rule, ref, view }: { rule: Rule; ref: Ref; view: AuditView },
): AuditFinding {
  const { patch, ...rest } = place;
  const stuck = patch !== undefined && view.live && fixed.includes(ref.kind) && rule.id !== ended;
  return {
    ...rest,
    ...(patch === undefined || stuck ? {} : { patch }),
    ...(stuck ? { question: `A ${ref.kind} that runs cannot be changed so: where is its manifest?` } : {}),
    rule: rule.id,
    severity: place.severity ?? rule.severity,
    object: ref,
  };
}

function compare(
  a: { finding: AuditFinding; rank: number },
  b: { finding: AuditFinding; rank: number },
): number {
  const grave = order.indexOf(a.finding.severity) - order.indexOf(b.finding.severity);
  if (grave !== 0) return grave;
  if (a.rank !== b.rank) return a.rank - b.rank;
  const [left, right] = [a, b].map(
    ({ finding: { object, path } }) => `${object.namespace ?? ''}/${describeRef(object)}/${path}`,
  );
  return (left ?? '') < (right ?? '') ? -1 : 1;
}
