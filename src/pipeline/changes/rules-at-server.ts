import type { Rule } from '../../clients/prometheus/rules.ts';
import { isSameJson, type JsonObject, memberOf, objectsIn, plainText, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { durationSeconds } from '../../metrics/durations.ts';
import { squeezed } from '../../metrics/rule-text.ts';
import type { RuleEvaluator } from '../../toolkit/rule-evaluator.ts';
import type { Looking } from './kind.ts';

const lineChars = 300;

/** What keeps a server from evaluating rules as they are written, a line each; empty: it does. */
export async function missingRules(
  evaluator: RuleEvaluator,
  asked: {
    /** Whether a file, by its name without folders, is the one that the rules stand in. */
    isTheirs: (file: string) => boolean;
    groups: readonly JsonObject[];
    /** What they stand in, as people call it. */
    name: string;
  },
): Promise<string[]> {
  const { isTheirs, groups, name: where } = asked;
  const { shown } = evaluator;
  const loaded = (await evaluator.rules()).filter(({ file }) => isTheirs(file.split('/').at(-1) ?? ''));
  const added = await evaluator.addedLabels();
  const gone = loaded.filter(({ name }) => !groups.some(group => textOf(group, 'name') === name));
  const missing = gone.map(({ name }) => `${shown} still has the group ${name} of ${where}.`);
  for (const group of groups) {
    const name = textOf(group, 'name');
    const labels = { ...added, ...textsOf(group, 'labels') };
    const rules = objectsIn(group['rules']);
    const there = loaded.find(each => each.name === name)?.rules ?? [];
    for (const [index, rule] of rules.entries()) {
      const what = textOf(rule, 'alert') || textOf(rule, 'record');
      const found = there[index];
      if (found === undefined || !(await isOf(rule, { found, labels, evaluator })))
        missing.push(
          `${what} is not loaded as it is written: has ${shown} reloaded, and does it read ${where}?`,
        );
      else if (found.health !== 'ok')
        missing.push(
          found.lastError === ''
            ? `${what} was not evaluated yet.`
            : `${what} cannot be evaluated: ${cleanLine(found.lastError, lineChars)}`,
        );
    }
    if (there.length > rules.length)
      missing.push(`${shown} still has ${there.length} rules in the group ${name}.`);
  }
  return missing;
}

/** That rules are looked for at a VictoriaMetrics, which evaluates none itself; empty where they are not. */
export async function unnamedEvaluator(systems: Looking['systems']): Promise<string[]> {
  if (systems.configured.has('vmalert')) return [];
  const { flavour } = await (await systems.prometheus()).server();
  return flavour === 'VictoriaMetrics'
    ? ['VictoriaMetrics evaluates no rules itself: name its vmalert under metrics.vmalert in vigie.yaml.']
    : [];
}

/** `labels`: those that every rule of its group gets. */
async function isOf(
  rule: JsonObject,
  { found, labels, evaluator }: { found: Rule; labels: JsonObject; evaluator: RuleEvaluator },
): Promise<boolean> {
  const name = textOf(rule, 'alert') || textOf(rule, 'record');
  if (found.name !== name || found.forSeconds !== (durationSeconds(textOf(rule, 'for')) ?? 0)) return false;
  if (!isSameJson(found.labels, { ...labels, ...textsOf(rule, 'labels') })) return false;
  if (!isSameJson(found.annotations, textsOf(rule, 'annotations'))) return false;
  const query = textOf(rule, 'expr');
  if (squeezed(query) === squeezed(found.query)) return true;
  // A server writes a query in its own way.
  const written = await evaluator.formatted(query);
  return written !== undefined && squeezed(written) === squeezed(found.query);
}

/** A file may write a number where a server has its text. */
function textsOf(rule: JsonObject, key: string): JsonObject {
  const written = Object.entries(memberOf(rule, key) ?? {});
  return Object.fromEntries(written.map(([name, value]) => [name, plainText(value)]));
}
