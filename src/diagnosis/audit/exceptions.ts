import { nearestNames } from '../../core/nearest.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { Place } from './rule.ts';

/** `vigie.dev/audit-ignore.<rule>: "<reason>; until 2027-01-31"` on the object itself. */
const prefix = 'vigie.dev/audit-ignore.';
const form = /^(?=.*\S.*;)[\s\S]{3,500};\s*until (\d{4}-\d{2}-\d{2})\s*$/;
const dayMs = 86_400_000;

/** The rules that an object is excused from now, and what is wrong with its other exceptions. */
export function exceptionsOf(
  { metadata }: KubeObject,
  { nowMs, rules }: { nowMs: number; rules: readonly string[] },
): { excused: ReadonlySet<string>; faults: Place[] } {
  const excused = new Set<string>();
  const faults: Place[] = [];
  for (const [key, text] of Object.entries(metadata.annotations ?? {})) {
    if (!key.startsWith(prefix)) continue;
    const rule = key.slice(prefix.length);
    const fault = faultOf(rule, { text, nowMs, rules });
    if (fault === undefined) excused.add(rule);
    else
      faults.push({
        path: `metadata.annotations[${key}]`,
        message: fault,
        patch: { metadata: { annotations: { [key]: null } } },
      });
  }
  return { excused, faults };
}

function faultOf(
  rule: string,
  { text, nowMs, rules }: { text: string; nowMs: number; rules: readonly string[] },
): string | undefined {
  if (!rules.includes(rule)) {
    const [nearest] = nearestNames(rule, rules);
    return `excuses from a rule that there is not${nearest === undefined ? '' : `; ${nearest} is one`}`;
  }
  const day = typeof text === 'string' ? form.exec(text)?.[1] : undefined;
  const until = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`);
  // A date that there is not is taken for a later one.
  if (day === undefined || Number.isNaN(until) || new Date(until).toISOString().slice(0, 10) !== day)
    return `the exception from ${rule} needs a reason and an end: "<reason>; until 2027-01-31"`;
  return nowMs < until + dayMs ? undefined : `the exception from ${rule} ended on ${day}`;
}
