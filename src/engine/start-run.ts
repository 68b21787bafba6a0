import { VigieError } from '../core/errors.ts';
import type { Journal, NewRun } from '../core/journal.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { nearestNames } from '../core/nearest.ts';
import type { Playbook, PlaybookInput } from '../core/playbook.ts';
import { trusted } from '../core/trusted-text.ts';
import { misfit } from './language/check/check-inputs.ts';
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
  /** @see NewRun.mostOpen */
  mostOpen?: number;
  /** The run that calls it. */
  parent?: NonNullable<NewRun['parent']>;
}

/** What starting needs. */
export interface Starting {
  journal: Journal;
  evaluator: Evaluator;
  /** Refuses what nobody watches and was not rehearsed. @throws VigieError NOT_REHEARSED */
  mayStart: (order: RunOrder) => Promise<void>;
}

/**
 * Starts a run with what it is handed. `skipped`: another run of the same concurrency has not ended.
 * @throws VigieError as prepareRun does
 */
export async function startRun(
  starting: Starting,
  order: RunOrder,
): Promise<'started' | 'exists' | 'skipped'> {
  return starting.journal.start(await prepareRun(starting, order));
}

/**
 * A run that nobody called, as it is to begin, with all that stands before its start.
 * @throws VigieError INVALID_INPUT: an input is missing, unknown or of another type; EXPRESSION: its concurrency key has no value; NOT_REHEARSED; TOO_LARGE
 */
export async function prepareRun(starting: Starting, order: RunOrder): Promise<NewRun> {
  inputOfRun(order.playbook, order.inputs);
  await starting.mayStart(order);
  return newRun(starting, order);
}

/**
 * A run as it is to begin: whoever starts it comes through here, and another run that calls it too. It takes one of its
 * environment's places whenever a worker has it; one that waits, be it for what it called, has none, so those that call
 * never keep what they wait for from going on.
 * @throws VigieError INVALID_INPUT, EXPRESSION, TOO_LARGE as prepareRun does
 */
export async function newRun(
  { journal, evaluator }: { journal: Journal; evaluator: Pick<Evaluator, 'evaluate'> },
  order: RunOrder,
): Promise<NewRun> {
  const { id, playbook, digest, source, environment, startedBy, mostOpen, parent } = order;
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
  return {
    id,
    name: playbook.metadata.name,
    environment,
    digest,
    input,
    startedBy,
    resources: [resource],
    ...(mostOpen === undefined ? {} : { mostOpen }),
    ...(parent === undefined ? {} : { parent }),
    ...(concurrency === undefined
      ? {}
      : {
          concurrency: {
            key: `${environment}/${playbook.metadata.name}/${JSON.stringify(key)}`,
            mode: concurrency.mode,
          },
        }),
  };
}

/**
 * What a run sees as `inputs`: what was given, and the defaults of the rest.
 * @throws VigieError INVALID_INPUT as startRun does
 */
export function inputOfRun(playbook: Playbook, given: JsonObject): JsonObject {
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
