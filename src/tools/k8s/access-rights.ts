import { type Json, type JsonObject, objectsIn, textsIn } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';

const nameChars = 253;

/**
 * The rules of a SelfSubjectRulesReview, a line for each set of verbs: `get, list: pods, services; deployments (apps)`.
 * Rules for objects of some names stand apart, each with its names.
 */
export function foldRules(status: JsonObject): string[] {
  const byVerbs = new Map<string, Map<string, Set<string>>>();
  for (const rule of objectsIn(status['resourceRules'])) {
    const names = shortTextsIn(rule['resourceNames']);
    const key = `${verbsOf(rule)}${names.length === 0 ? '' : ` (only ${names.join(', ')})`}`;
    const groups = byVerbs.get(key) ?? new Map<string, Set<string>>();
    byVerbs.set(key, groups);
    for (const group of shortTextsIn(rule['apiGroups'])) {
      const resources = groups.get(group) ?? new Set();
      groups.set(group, resources);
      for (const resource of shortTextsIn(rule['resources'])) resources.add(resource);
    }
  }
  const lines = [...byVerbs].map(([verbs, groups]) => {
    const parts = [...groups].toSorted(byName).map(([group, resources]) => {
      const names = [...resources].toSorted().join(', ');
      return group === '' ? names : `${names} (${group})`;
    });
    return `${verbs}: ${parts.join('; ')}`;
  });
  const urls = objectsIn(status['nonResourceRules']).map(
    rule => `${verbsOf(rule)}: paths ${shortTextsIn(rule['nonResourceURLs']).toSorted().join(', ')}`,
  );
  return [...lines.toSorted(), ...new Set(urls)].map(line => cleanLine(line));
}

function verbsOf(rule: JsonObject): string {
  return shortTextsIn(rule['verbs']).toSorted().join(', ');
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}

function shortTextsIn(value: Json | undefined): string[] {
  return textsIn(value).map(text => cleanLine(text, nameChars));
}
