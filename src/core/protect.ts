import { isObject, type JsonObject } from './json.ts';
import type { Protect } from './policy.ts';
import type { Ref } from './ref.ts';

/** The rule that protects an object, judged by its ref and, where they are known, its labels. */
export function protectedBy(
  rules: readonly Protect[],
  target: Ref,
  object?: JsonObject,
): Protect | undefined {
  const metadata = isObject(object?.['metadata']) ? object['metadata'] : {};
  const labels = isObject(metadata['labels']) ? metadata['labels'] : {};
  return rules.find(
    rule =>
      fits(rule.kind, target.kind) &&
      fits(rule.name, target.name) &&
      fits(rule.namespace, target.namespace) &&
      (rule.labels === undefined || labelsFit(rule.labels, labels)),
  );
}

/** A rule as a person wrote it: `kind PersistentVolumeClaim, labels vigie.dev/protected=true`. */
export function describeProtect(rule: Protect): string {
  return Object.entries(rule)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}

function fits(wanted: string | undefined, found: string | undefined): boolean {
  return wanted === undefined || wanted === found;
}

function labelsFit(wanted: string, labels: JsonObject): boolean {
  return wanted.split(',').every(pair => {
    const [key = '', value] = pair.split('=', 2);
    return value === undefined ? labels[key.trim()] !== undefined : labels[key.trim()] === value.trim();
  });
}
