import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';

const nameChars = 253;

/**
 * The rules of a SelfSubjectRulesReview, a line for each set of verbs: `get, list: pods, services; deployments (apps)`.
 * Rules for objects of some names stand apart, each with its names.
 */
export function foldRules(status: JsonObject): string[] {
  const byVerbs = new Map<string, Map<string, Set<string>>>();
  for (const rule of rulesIn(status['resourceRules'])) {
    const names = textsIn(rule['resourceNames']);
    const key = `${verbsOf(rule)}${names.length === 0 ? '' : ` (only ${names.join(', ')})`}`;
    const groups = byVerbs.get(key) ?? new Map<string, Set<string>>();
    byVerbs.set(key, groups);
    for (const group of textsIn(rule['apiGroups'])) {
      const resources = groups.get(group) ?? new Set();
      groups.set(group, resources);
      for (const resource of textsIn(rule['resources'])) resources.add(resource);
    }
  }
  const lines = [...byVerbs].map(([verbs, groups]) => {
    const parts = [...groups].toSorted(byName).map(([group, resources]) => {
      const names = [...resources].toSorted().join(', ');
      return group === '' ? names : `${names} (${group})`;
    });
    return `${verbs}: ${parts.join('; ')}`;
  });
  const urls = rulesIn(status['nonResourceRules']).map(
    rule => `${verbsOf(rule)}: paths ${textsIn(rule['nonResourceURLs']).toSorted().join(', ')}`,
  );
  return [...lines.toSorted(), ...new Set(urls)].map(line => cleanLine(line));
}

function verbsOf(rule: JsonObject): string {
  return textsIn(rule['verbs']).toSorted().join(', ');
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}

function rulesIn(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textsIn(value: Json | undefined): string[] {
  const texts = Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
  return texts.map(text => cleanLine(text, nameChars));
}
