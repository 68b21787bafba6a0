import { type ErrorCode, VigieError } from '../../core/errors.ts';
import { type JsonObject, textOf } from '../../core/json.ts';
import type { Tool } from '../../toolkit/tool.ts';
import type { RunContext } from './run-context.ts';
import type { Scope } from './scope.ts';

/** What a step's own arguments fail with: the step failed, and not Vigie. */
export const inputCodes: ReadonlySet<ErrorCode> = new Set(['EXPRESSION', 'OUT_OF_BOUNDS']);

/**
 * What a tool is called with: in the run's own environment, where the step names none, and in no other.
 * @throws VigieError EXPRESSION; OUT_OF_BOUNDS: another environment
 */
export async function inputOf(
  run: RunContext,
  at: { tool: Tool; arguments: JsonObject; scope: Scope },
): Promise<JsonObject> {
  const filled = await at.scope.fill(at.arguments);
  if (!at.tool.environmental) return filled;
  const { environment } = filled;
  if (environment === undefined || environment === run.environment)
    return { ...filled, environment: run.environment };
  throw new VigieError('OUT_OF_BOUNDS', `A run in ${run.environment} calls no tool in another environment.`);
}

/** Two runs never change one object at once: what stands for it, where a call names one. */
export function targetOf(input: JsonObject): string | undefined {
  const { target } = input;
  const [kind, name, namespace] = [
    textOf(target, 'kind'),
    textOf(target, 'name'),
    textOf(target, 'namespace'),
  ];
  if (kind === '' || name === '') return undefined;
  return `target:${textOf(input, 'environment')}/${kind.toLowerCase()}/${namespace}/${name}`;
}
