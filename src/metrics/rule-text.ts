import { isSameJson, type JsonObject, objectsIn, textOf } from '../core/json.ts';
import { parseDocuments } from '../core/strict-yaml.ts';
import { durationSeconds } from './durations.ts';
import { checkQuery } from './promql/check.ts';
import { childNamed, innermost } from './promql/tree.ts';

/** The groups of a rule file, as it writes them. @throws VigieError INVALID_MANIFEST where it is no YAML */
export async function groupsIn(text: string): Promise<JsonObject[]> {
  const documents = await parseDocuments(text);
  return documents.flatMap(({ document }) => objectsIn(document['groups']));
}

export function rulesIn(groups: readonly JsonObject[]): JsonObject[] {
  return groups.flatMap(group => objectsIn(group['rules']));
}

/** Groups with one in the place of that of its name, keeping what else was set there; without it where it has no rules. */
export function withGroup(
  groups: readonly JsonObject[],
  { name, rules }: { name: string; rules: JsonObject[] | undefined },
): JsonObject[] {
  const at = groups.findIndex(group => textOf(group, 'name') === name);
  if (rules === undefined) return groups.filter((_, index) => index !== at);
  const changed = { ...(groups[at] ?? { name }), rules };
  return at < 0 ? [...groups, changed] : groups.with(at, changed);
}

/**
 * A rule file with one group set, or taken out; the words of the rest, comments too, are left as they are. Undefined: no group
 * is left. @throws VigieError INVALID_MANIFEST
 */
export async function editRuleText(
  text: string | undefined,
  group: { name: string; rules: JsonObject[] | undefined },
): Promise<string | undefined> {
  const { parseDocument, stringify } = await import('yaml');
  const before = text === undefined ? [] : await groupsIn(text);
  const after = withGroup(before, group);
  if (isSameJson(before, after)) return text;
  if (after.length === 0) return undefined;
  if (text === undefined || before.length === 0) return stringify({ groups: after }, { lineWidth: 0 });
  const document = parseDocument(text);
  const at = before.findIndex(({ name }) => name === group.name);
  if (group.rules === undefined) document.deleteIn(['groups', at]);
  else if (at >= 0) document.setIn(['groups', at, 'rules'], document.createNode(group.rules));
  else document.addIn(['groups'], document.createNode({ name: group.name, rules: group.rules }));
  return document.toString({ lineWidth: 0, ...writtenLike(text) });
}

/** How a text sets its lists and brackets, so that what is left alone differs in no line. */
function writtenLike(text: string): { indentSeq: boolean; flowCollectionPadding: boolean } {
  return {
    indentSeq: !/^groups:[^\n]*\n(?:\s*(?:#[^\n]*)?\n)*-/m.test(text),
    flowCollectionPadding: /[{[] /.test(text),
  };
}

/**
 * Why alerts may ring less after a change, an alert and a reason each; empty where none may. What of a condition cannot be
 * told to be as sharp as before counts as loosened.
 */
export function loosened(before: readonly JsonObject[], after: readonly JsonObject[]): string[] {
  const left = alertsByName(after);
  return [...alertsByName(before)].flatMap(([name, old]) => {
    const now = left.get(name) ?? [];
    if (now.length < old.length)
      return [now.length === 0 ? `deletes the alert ${name}` : `deletes one of the alerts ${name}`];
    const unmatched = old.filter(rule => !now.some(other => isSameJson(rule, other)));
    const others = now.filter(rule => !old.some(other => isSameJson(rule, other)));
    return unmatched.flatMap((rule, index) => {
      const other = others[index];
      return other === undefined
        ? []
        : whyLooser(rule, other).map(why => `loosens the alert ${name}: ${why}`);
    });
  });
}

function alertsByName(groups: readonly JsonObject[]): Map<string, JsonObject[]> {
  return Map.groupBy(
    rulesIn(groups).filter(rule => typeof rule['alert'] === 'string'),
    rule => textOf(rule, 'alert'),
  );
}

function whyLooser(before: JsonObject, after: JsonObject): string[] {
  const secondsOf = (rule: JsonObject, key: string) => durationSeconds(textOf(rule, key)) ?? 0;
  return [
    ...(secondsOf(after, 'for') > secondsOf(before, 'for') ? ['it has to last longer'] : []),
    ...(secondsOf(after, 'keep_firing_for') < secondsOf(before, 'keep_firing_for') ? ['it ends sooner'] : []),
    ...(isSameJson(before['labels'] ?? {}, after['labels'] ?? {})
      ? []
      : ['its labels change, which decide whom it reaches']),
    ...whyLooserQuery(textOf(before, 'expr'), textOf(after, 'expr')),
  ];
}

function whyLooserQuery(before: string, after: string): string[] {
  if (squeezed(before) === squeezed(after)) return [];
  const [old, now] = [comparisonOf(before), comparisonOf(after)];
  const same = old !== undefined && now !== undefined && old.what === now.what && old.sign === now.sign;
  if (!same) return ['its condition is another one'];
  const looser = old.sign.startsWith('>') ? now.limit > old.limit : now.limit < old.limit;
  return looser ? [`its limit goes from ${old.limit} to ${now.limit}`] : [];
}

/** A condition of the form `what > number`; undefined for any other. */
function comparisonOf(query: string): { what: string; sign: string; limit: number } | undefined {
  const { tree } = checkQuery(query);
  const top = tree === undefined ? undefined : innermost(tree);
  // With `bool` the limit decides nothing, with `on` and the like there is another series beside it.
  if (top?.name !== 'BinaryExpr' || top.children.length !== 3) return undefined;
  const [what, right] = [top.children[0], top.children.at(-1)];
  const sign = childNamed(top, 'Gtr', 'Gte', 'Lss', 'Lte')?.text;
  const limit = Number(right?.text);
  if (what === undefined || sign === undefined || Number.isNaN(limit)) return undefined;
  return { what: squeezed(what.text), sign, limit };
}

/** Whether all conditions are PromQL; VictoriaMetrics takes more, which tools of Prometheus refuse. */
export function arePromql(groups: readonly JsonObject[]): boolean {
  return rulesIn(groups).every(rule => checkQuery(textOf(rule, 'expr')).mistake === undefined);
}

/** A query without what spaces and lines say nothing about; those between quotes too, so only for comparing. */
export function squeezed(query: string): string {
  return query.replace(/\s+/g, '');
}
