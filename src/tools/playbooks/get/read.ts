import type { Json, JsonObject } from '../../../core/json.ts';
import { limits } from '../../../core/limits.ts';
import type { Playbook, PlaybookInput } from '../../../core/playbook.ts';
import { cleanLine } from '../../../core/text.ts';
import { trusted } from '../../../core/trusted-text.ts';
import { outlineOf, treeLines } from '../../../engine/language/outline.ts';
import { cleanJson } from '../../../engine/triggers/clean-facts.ts';
import { startersOf } from '../../../engine/triggers/starters.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { fittingRows, sentBytes } from '../../text-table.ts';
import { inTools } from '../in-tools.ts';

const overheadBytes = 2_000;
const titleChars = 160;
const descriptionChars = 2_000;
/** Of one input: what it is for, and its default. */
const inputChars = 300;
/** More inputs than a form has. */
const mostInputs = 50;
const mostMistakes = 10;

interface Shown {
  name: string;
  title?: string;
  origin: string;
  digest?: string;
  inputs?: JsonObject;
  policy?: JsonObject;
  triggers?: string[];
  timeout?: string;
  usable: boolean;
  next: string;
}

export async function read(
  input: { name: string },
  context: ToolContext,
): Promise<{ data: Shown; text: string }> {
  return inTools(() => show(input, context));
}

async function show(
  { name }: { name: string },
  { playbooks, budgetBytes }: ToolContext,
): Promise<{ data: Shown; text: string }> {
  const { origin, digest, playbook, mistakes } = await playbooks.get(name);
  const usable = mistakes.length === 0 && playbook !== undefined;
  const data: Shown = {
    name,
    origin,
    ...(digest === undefined ? {} : { digest }),
    ...(playbook === undefined ? {} : sayingsOf(playbook)),
    usable,
    next: usable
      ? trusted`playbooks_run with name ${name} and mode plan`
      : trusted`A person mends it: vigie playbooks lint`,
  };
  const wrong = mistakes
    .slice(0, mostMistakes)
    .map(({ line, column, message }) => `  ${line}:${column} ${cleanLine(message, limits.warningChars)}`);
  const lines = [
    `${name}: ${data.title ?? 'no playbook'} (${origin}, ${digest?.slice(0, 8) ?? 'unreadable'})`,
    ...(wrong.length === 0 ? [] : ['cannot be run:', ...wrong]),
    ...(playbook === undefined ? [] : linesOf(playbook)),
  ];
  const shown = fittingRows(lines, budgetBytes - overheadBytes - sentBytes({ ...data }));
  const rest = shown.length < lines.length ? [`… ${lines.length - shown.length} more lines`] : [];
  return { data, text: [...shown, ...rest].join('\n') };
}

function sayingsOf(playbook: Playbook): Omit<Shown, keyof Known> {
  const { metadata, inputs, policy, timeout } = playbook;
  const entries = Object.entries(inputs).slice(0, mostInputs);
  return {
    title: cleanLine(metadata.title, titleChars),
    inputs: Object.fromEntries(entries.map(([name, input]) => [name, inputOf(input)])),
    policy: { ...policy },
    triggers: startersOf(playbook),
    timeout,
  };
}

type Known = Pick<Shown, 'name' | 'origin' | 'usable' | 'next'>;

function inputOf({
  type,
  required,
  default: byDefault,
  description,
  choices,
  min,
  max,
}: PlaybookInput): JsonObject {
  return {
    type,
    required,
    ...(byDefault === undefined ? {} : { default: asGiven(byDefault) }),
    ...(description === undefined ? {} : { description: cleanLine(description, inputChars) }),
    ...(choices === undefined ? {} : { choices: asGiven(choices) }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}

/** As a run is handed it; what is too long for that is cut, and a text. */
function asGiven(value: Json): Json {
  const text = JSON.stringify(value);
  return text.length <= inputChars ? cleanJson(value) : cleanLine(text, inputChars);
}

function linesOf(playbook: Playbook): string[] {
  const { metadata, inputs, policy, timeout } = playbook;
  const started = startersOf(playbook).join(', ');
  return [
    ...(metadata.description === undefined ? [] : [cleanLine(metadata.description, descriptionChars)]),
    `at most ${timeout}; started by a person${started === '' ? '' : `, ${started}`}`,
    ...(policy.requireRehearsal === undefined
      ? []
      : [`whoever is no person at a terminal needs a rehearsal within ${policy.requireRehearsal}`]),
    ...(policy.maxTargets === undefined ? [] : [`changes at most ${policy.maxTargets} objects`]),
    ...Object.entries(inputs).map(([name, input]) => `input ${name} ${JSON.stringify(inputOf(input))}`),
    ...treeLines(outlineOf(playbook)),
  ];
}
