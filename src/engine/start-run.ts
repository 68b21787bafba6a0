import { VigieError } from '../core/errors.ts';
import type { Journal } from '../core/journal.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { nearestNames } from '../core/nearest.ts';
import type { Playbook, PlaybookInput, Step } from '../core/playbook.ts';
import { trusted } from '../core/trusted-text.ts';
import { misfit } from './language/check/check-inputs.ts';
import { nestedSteps } from './language/check/known-steps.ts';
import type { Evaluator } from './language/expressions/evaluator.ts';
import { fillIn } from './language/expressions/fill-in.ts';

/** Runs that go on in one environment at the same moment: each changes something, and a small team watches. */
const mostInEnvironment = 5;

/** A playbook that was checked, as it is to be run. */
export interface RunOrder {
  id: string;
  playbook: Playbook;
  digest: string;
  source: string;
  inputs: JsonObject;
  environment: string;
  startedBy: JsonObject;
}

/**
 * Starts a run with what it is handed. `skipped`: another run of the same concurrency has not ended.
 * @throws VigieError INVALID_INPUT: an input is missing, unknown or of another type; PLAYBOOK: it holds an approval step;
 *   EXPRESSION: its concurrency key has no value; TOO_LARGE
 */
export async function startRun(
  { journal, evaluator }: { journal: Journal; evaluator: Evaluator },
  order: RunOrder,
): Promise<'started' | 'exists' | 'skipped'> {
  const { id, playbook, digest, source, environment, startedBy } = order;
  const input = inputOfRun(playbook, order.inputs);
  const { concurrency } = playbook;
  const values = { inputs: input, trigger: startedBy['trigger'] ?? {} };
  const key =
    concurrency === undefined
      ? undefined
      : await fillIn(concurrency.key, each => evaluator.evaluate(each, { values, inputs: playbook.inputs }));
  const resource = `environment:${environment}`;
  await journal.putDefinition(digest, source);
  await journal.limit(resource, mostInEnvironment);
  return journal.start({
    id,
    name: playbook.metadata.name,
    environment,
    digest,
    input,
    startedBy,
    resources: [resource],
    ...(concurrency === undefined
      ? {}
      : {
          concurrency: {
            key: `${environment}/${playbook.metadata.name}/${JSON.stringify(key)}`,
            mode: concurrency.mode,
          },
        }),
  });
}

/**
 * What a run sees as `inputs`: what was given, and the defaults of the rest.
 * @throws VigieError INVALID_INPUT, PLAYBOOK as startRun does
 */
export function inputOfRun(playbook: Playbook, given: JsonObject): JsonObject {
  refuseApprovals(playbook);
  const { metadata, inputs } = playbook;
  const issues: string[] = [];
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(inputs, name)) continue;
    const [nearest] = nearestNames(name, Object.keys(inputs));
    issues.push(`it takes no ${name}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`);
  }
  const made: JsonObject = {};
  for (const [name, input] of Object.entries(inputs)) {
    const value = given[name] ?? input.default;
    if (value === undefined && input.required) issues.push(`it needs ${name} (${typeOf(input)})`);
    const why = value === undefined ? undefined : misfit(value, input);
    if (why !== undefined) issues.push(`${name} ${why}`);
    made[name] = value ?? null;
  }
  if (issues.length === 0) return made;
  throw new VigieError(
    'INVALID_INPUT',
    `${metadata.name} cannot be run with these inputs: ${issues.join('; ')}.`,
    {
      hint: trusted`vigie playbooks show ${metadata.name}`,
      details: { issues },
    },
  );
}

function typeOf({ type, description }: PlaybookInput): string {
  return description === undefined ? type : `${type}: ${description}`;
}

function refuseApprovals({ metadata, steps, onFailure, finally: last }: Playbook): void {
  const found = [...steps, ...onFailure.steps, ...last]
    .flatMap(withNested)
    .find(({ verb }) => verb === 'approval');
  if (found === undefined) return;
  throw new VigieError(
    'PLAYBOOK',
    `${metadata.name} has the approval step ${found.id ?? ''}, and runs have none: a change that policy asks about waits for its own approval.`,
    { hint: trusted`Take the step out; see vigie playbooks show ${metadata.name}`, details: {} },
  );
}

function withNested(step: Step): Step[] {
  return [step, ...nestedSteps(step).flatMap(({ steps }) => steps.flatMap(withNested))];
}

/** Inputs as they are typed, `name=value`: of a text as it stands, of anything else as JSON or YAML would say it. */
export function typedInput(text: string, input: PlaybookInput | undefined): Json {
  if (input === undefined || input.type === 'string') return text;
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}
