import type { Change, K8sApply, K8sDelete, K8sPatch } from '../../core/change.ts';
import { type JsonObject, memberOf, objectsIn } from '../../core/json.ts';
import type { Outcome } from '../../core/outcome.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { rulesIn } from '../../metrics/rule-text.ts';
import { ruleEvaluator } from '../../toolkit/rule-evaluator.ts';
import { checkedRules } from './checked-rules.ts';
import { firingNow } from './firing-now.ts';
import type { ChangeKind, Looking, Prospect, Waiting } from './kind.ts';
import { lookUntil } from './look-until.ts';
import { missingRules, unnamedEvaluator } from './rules-at-server.ts';

const kinds = ['PrometheusRule', 'VMRule'];

type Written = K8sApply | K8sPatch | K8sDelete;

/**
 * A way to write objects that also knows what rules are: its preview has them checked and says what they would have fire now,
 * and it is verified when whoever evaluates them has them as they are written. Between the object and that server stands an
 * operator.
 */
export function withRules<C extends Written & Change>(kind: ChangeKind<C>): ChangeKind<C> {
  return {
    ...kind,

    async preview(change, reach): Promise<Prospect> {
      const prospect = await kind.preview(change, reach);
      const { operation, target, before, after, warnings } = prospect;
      if (!isRules(target) || operation === 'none' || operation === 'delete') return prospect;
      const [old, now] = [groupsOf(before), groupsOf(after)];
      const tests = 'ruleTests' in change ? (change.ruleTests ?? []) : [];
      // JSON is YAML.
      const checked = await checkedRules({ text: JSON.stringify({ groups: now }), groups: now, tests });
      const fires = await firingNow(reach, { old, now });
      return {
        ...prospect,
        warnings: [
          ...warnings,
          ...(checked === true ? [] : [`The rules were not checked: ${checked}`]),
          ...(tests.length > 0 ? [`tests of rules: ${tests.length} passed`] : []),
          ...fires.lines.map(line => `would fire now: ${line}`),
          ...fires.warnings,
        ],
      };
    },

    async verify(change, looking, waiting): Promise<Outcome> {
      const outcome = await kind.verify(change, looking, waiting);
      const { target } = waiting.preview;
      if (outcome.state !== 'verified' || !isRules(target)) return outcome;
      const { state, evidence } = await evaluated(target, looking, waiting);
      return { state, evidence: [...outcome.evidence, ...evidence] };
    },
  };
}

function isRules({ kind, apiVersion = '' }: Ref): boolean {
  return (
    kinds.includes(kind) && /^(?:monitoring\.coreos\.com|operator\.victoriametrics\.com)\//.test(apiVersion)
  );
}

function groupsOf(object: JsonObject | undefined): JsonObject[] {
  return objectsIn(memberOf(object, 'spec')?.['groups']);
}

async function evaluated(target: Ref, { reader, systems }: Looking, waiting: Waiting): Promise<Outcome> {
  const name = describeRef(target);
  const evaluator = await ruleEvaluator(systems);
  if (evaluator === undefined)
    return {
      state: 'verified',
      evidence: [`No server is configured that would tell whether it evaluates the rules of ${name}.`],
    };
  return lookUntil(waiting, async () => {
    const live = await reader.find(target);
    // An object is JSON whatever its type says.
    const groups = groupsOf(live as JsonObject | undefined);
    const missing = await missingRules(evaluator, { isTheirs: file => isFileOf(target, file), groups, name });
    if (missing.length > 0)
      return {
        saying: missing[0] ?? '',
        late: async () => [
          ...missing,
          ...(await unnamedEvaluator(systems)),
          `Look whether the operator selects ${name} (ruleSelector, ruleNamespaceSelector) and has passed it on.`,
        ],
      };
    const count = rulesIn(groups).length;
    const said = count === 0 ? `lists none of ${name} any more` : `evaluates all ${count} rules of ${name}`;
    return { state: 'verified', evidence: [`${evaluator.shown} ${said}.`] };
  });
}

/** Both operators name the file that an object becomes by its namespace and name; the one of Prometheus adds its uid. */
function isFileOf({ namespace = '', name }: Ref, file: string): boolean {
  const rest = file.startsWith(`${namespace}-${name}`) ? file.slice(namespace.length + 1 + name.length) : '';
  return /^(?:-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})?\.ya?ml$/.test(rest);
}
