import { type ErrorCode, VigieError } from '../../core/errors.ts';
import { type JsonObject, textOf } from '../../core/json.ts';
import { plainKind } from '../../kubernetes/kind-names.ts';
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

/**
 * The object that a call is about, where it names one, and the lock under which no two runs change it at once. A call that
 * leaves the namespace out means one that only its cluster knows: so the lock is that of all objects of that name.
 */
export function targetOf(input: JsonObject): { object: string; lock: string } | undefined {
  const { target } = input;
  const [kind, name, namespace] = [
    plainKind(textOf(target, 'kind')),
    textOf(target, 'name'),
    textOf(target, 'namespace'),
  ];
  if (kind === '' || name === '') return undefined;
  const lock = `target:${textOf(input, 'environment')}/${kind}/${name}`;
  return { object: `${lock}/${namespace}`, lock };
}
