import { VigieError } from '../../core/errors.ts';
import { isObject, type Json } from '../../core/json.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';

// Deeper than any kind nests, and short enough to be read.
const mostSteps = 64;
const keysNamed = 12;

/**
 * The steps of a path as people write it: `spec.containers[0].image`, `metadata.labels["app.kubernetes.io/name"]`.
 * INVALID_INPUT: the path cannot be read; details: issues.
 */
export function parseFieldPath(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  const step = /\.?([^.[\]"]+)|\[(\d{1,6})\]|\["([^"]*)"\]/y;
  while (step.lastIndex < path.length) {
    const at = step.lastIndex;
    const found = step.exec(path);
    if (found === null || steps.length === mostSteps) throw unreadable(path, at);
    const [, name, index, quoted] = found;
    steps.push(index === undefined ? (name ?? quoted ?? '') : Number(index));
  }
  if (steps.length === 0) throw unreadable(path, 0);
  return steps;
}

/** A path in the form that parseFieldPath reads. */
export function writeFieldPath(steps: readonly (string | number)[]): string {
  return steps
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[^.[\]"]+$/.test(step)) return `["${step}"]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/**
 * The value at a path. INVALID_INPUT names the first step that leads nowhere and what stands there instead;
 * `of` says of which object, for that message.
 */
export function valueAt(root: Json, at: { path: string; of: string }): Json {
  const steps = parseFieldPath(at.path);
  let value = root;
  for (const [index, step] of steps.entries()) {
    const next = memberOf(value, step);
    if (next === undefined) {
      const parent = index === 0 ? at.of : `${writeFieldPath(steps.slice(0, index))} of ${at.of}`;
      const missing = `${parent} has no ${typeof step === 'number' ? `item ${step}` : `field ${step}`}`;
      throw new VigieError('INVALID_INPUT', `field: ${missing}`, {
        hint: whatIsThere(value),
        details: { issues: [{ field: 'field', message: missing }] },
      });
    }
    value = next;
  }
  return value;
}

function memberOf(value: Json, step: string | number): Json | undefined {
  if (typeof step === 'number') return Array.isArray(value) ? value[step] : undefined;
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

function whatIsThere(value: Json): Trusted {
  if (Array.isArray(value)) return trusted`It is a list of ${value.length}; take one item with [0].`;
  if (!isObject(value)) return trusted`It is a plain value; end the path there.`;
  const keys = Object.keys(value);
  if (keys.length === 0) return trusted`There is nothing in it.`;
  const named = keys.slice(0, keysNamed);
  return keys.length > keysNamed
    ? trusted`There is: ${named}, and ${keys.length - keysNamed} more.`
    : trusted`There is: ${named}.`;
}

function unreadable(path: string, at: number): VigieError {
  const message = `field: cannot be read from character ${at + 1}`;
  return new VigieError('INVALID_INPUT', message, {
    hint: 'Write it as spec.template.spec.containers[0].image or metadata.labels["app.kubernetes.io/name"].',
    details: {
      issues: [{ field: 'field', message: `cannot be read from character ${at + 1} of ${path.length}` }],
    },
  });
}
