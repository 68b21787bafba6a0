import { isObject, type JsonObject } from './json.ts';
import type { Denial, Protect } from './policy.ts';
import { describeRef, type Ref } from './ref.ts';

/** What made the target of a change. */
export interface Maker {
  of: Ref;
  target: Ref;
  /** None where it could not be read, or is gone. */
  labels: { readonly [key: string]: string };
}

/** The first rule that protects an object, judged by its ref and, where the object is known, by its labels. */
export function protectedBy(
  rules: readonly Protect[],
  { target, object }: { target: Ref; object?: JsonObject | undefined },
): Denial | undefined {
  const metadata = isObject(object?.['metadata']) ? object['metadata'] : {};
  const labels = isObject(metadata['labels']) ? metadata['labels'] : {};
  const index = rules.findIndex(
    rule =>
      fits(rule.kind, target.kind) &&
      fits(rule.name, target.name) &&
      fits(rule.namespace, target.namespace) &&
      (rule.labels === undefined || labelsFit(rule.labels, labels)),
  );
  const rule = rules[index];
  if (rule === undefined) return undefined;
  return {
    rule: `policy.protect[${index}]`,
    why: `${describeRef(target)} is protected (${describeProtect(rule)})`,
  };
}

/** The first rule that protects what made the target of a change. */
export function protectedThrough(rules: readonly Protect[], makers: readonly Maker[]): Denial | undefined {
  for (const { of, target, labels } of makers) {
    const denial = protectedBy(rules, { target, object: { metadata: { labels } } });
    if (denial !== undefined)
      return { ...denial, why: `${describeRef(of)} belongs to what is protected: ${denial.why}` };
  }
  return undefined;
}

/** A rule as a person wrote it: `kind PersistentVolumeClaim, labels vigie.dev/protected=true`. */
function describeProtect(rule: Protect): string {
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
