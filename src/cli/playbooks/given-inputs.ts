import { VigieError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Playbook } from '../../core/playbook.ts';
import { typedInput } from '../../engine/start-run.ts';

/** The inputs that were typed, each of the type that the playbook says. @throws VigieError INVALID_INPUT: one is given twice */
export function givenInputs(typed: readonly [string, string][], playbook: Playbook): JsonObject {
  const inputs: Record<string, Json> = {};
  for (const [input, value] of typed) {
    if (Object.hasOwn(inputs, input))
      throw new VigieError('INVALID_INPUT', `The input ${input} is given twice.`);
    Object.defineProperty(inputs, input, {
      value: typedInput(value, playbook.inputs[input]),
      enumerable: true,
    });
  }
  return inputs;
}
