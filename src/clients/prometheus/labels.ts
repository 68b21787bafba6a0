import { isObject, type JsonObject } from '../../core/json.ts';

/** Labels as a server sends them; what is no text is left out. */
export function textLabels(labels: unknown): Record<string, string> {
  // Nearly always all are texts, and of ten thousand series a copy of each is felt.
  if (isObject(labels) && areTexts(labels)) return labels;
  if (typeof labels !== 'object' || labels === null) return {};
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => typeof value === 'string'));
}

function areTexts(labels: JsonObject): labels is Record<string, string> {
  for (const name in labels) if (typeof labels[name] !== 'string') return false;
  return true;
}

/**
 * A label's name as it may stand in a path: one that holds a slash, as Prometheus 3 takes any, is written in its escaped
 * form (`U__app_2f_name`), where `__` is an underscore and `_2f_` a character by its number.
 */
export function labelInPath(name: string): string {
  if (/^[\w:.-]*$/.test(name)) return name;
  return `U__${Array.from(name, escapedCharacter).join('')}`;
}

function escapedCharacter(character: string): string {
  if (character === '_') return '__';
  return /[A-Za-z0-9:]/.test(character) ? character : `_${(character.codePointAt(0) ?? 0).toString(16)}_`;
}
