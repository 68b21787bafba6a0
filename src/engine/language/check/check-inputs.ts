import type { Json, JsonObject } from '../../../core/json.ts';
import { isObject, isSameJson } from '../../../core/json.ts';
import type { PlaybookInput } from '../../../core/playbook.ts';
import { trusted } from '../../../core/trusted-text.ts';
import { readTemplate } from '../expressions/template.ts';
import type { Place } from '../read-playbook.ts';
import type { Report } from './report.ts';

type Inputs = { [name: string]: PlaybookInput };

/** Inputs as they are declared: defaults and choices that fit, bounds that leave room. */
export function checkInputs(inputs: Inputs, report: Report): void {
  for (const [name, input] of Object.entries(inputs)) {
    const place = ['inputs', name];
    const { required, default: byDefault, choices = [], min, max } = input;
    if (min !== undefined && max !== undefined && min > max)
      report.add([...place, 'min'], { message: `nothing lies from ${min} to ${max}`, fix: 'Swap them.' });
    if (byDefault !== undefined && required)
      report.add([...place, 'default'], {
        message: `${name} is required, so its default is never used`,
        fix: 'Leave required or default out.',
      });
    for (const [index, choice] of choices.entries()) {
      const why = misfit(choice, { ...input, choices: [] });
      if (why !== undefined)
        report.add([...place, 'choices', index], { message: `the choice ${why}`, fix: fixOf(input) });
    }
    const why = byDefault === undefined ? undefined : misfit(byDefault, input);
    if (why !== undefined)
      report.add([...place, 'default'], { message: `the default ${why}`, fix: fixOf(input) });
  }
}

/** What is handed over as inputs, by a trigger or a step: each is declared and fits, and none is missing. */
export function checkHandedOver(
  report: Report,
  { given, inputs, place, to }: { given: JsonObject; inputs: Inputs; place: Place; to: string },
): void {
  for (const [name, value] of Object.entries(given)) {
    const input = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    if (input === undefined) {
      report.add([...place, name], {
        message: `${to} has no input ${name}`,
        fix: report.near.fix(
          name,
          Object.keys(inputs),
          trusted`It has these inputs: ${Object.keys(inputs)}.`,
        ),
      });
      continue;
    }
    // What an expression comes to is checked when it is known.
    if (typeof value === 'string' && readTemplate(value).embedded.length > 0) continue;
    const why = misfit(value ?? null, input);
    if (why !== undefined) report.add([...place, name], { message: `${name} ${why}`, fix: fixOf(input) });
  }
  for (const [name, { required }] of Object.entries(inputs)) {
    if (!required || Object.hasOwn(given, name)) continue;
    report.add(place, {
      message: `${to} needs the input ${name}, and it is not given here`,
      fix: trusted`Add ${name} here, or give it a default under inputs.`,
    });
  }
}

/** Why a value is none for an input; undefined: it is one. */
export function misfit(value: Json, { type, choices, min, max }: PlaybookInput): string | undefined {
  if (!fits(value, type)) return `must be ${type === 'integer' ? 'a whole number' : `of the type ${type}`}`;
  if (choices !== undefined && choices.length > 0 && !choices.some(choice => isSameJson(choice, value)))
    return `must be one of its choices`;
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : value;
  if (typeof size !== 'number') return undefined;
  if (min !== undefined && size < min) return `must be at least ${min}${unitOf(value)}`;
  return max !== undefined && size > max ? `must be at most ${max}${unitOf(value)}` : undefined;
}

function fits(value: Json, type: PlaybookInput['type']): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
  }
}

function unitOf(value: Json): string {
  if (typeof value === 'string') return ' characters';
  return Array.isArray(value) ? ' items' : '';
}

function fixOf({ type, choices }: PlaybookInput): string {
  const words = choices?.filter(choice => typeof choice === 'string') ?? [];
  if (words.length > 0) return trusted`Choices: ${words}.`;
  const examples = {
    string: 'For example: "shop"',
    integer: 'For example: 3',
    number: 'For example: 1.5',
    boolean: 'true or false, without quotes.',
    list: 'For example: [a, b]',
    object: 'For example: {a: b}',
  } as const;
  return examples[type];
}
