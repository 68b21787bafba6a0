import { VigieError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { holdsPlaceholder } from '../core/redaction.ts';

/** An input that holds a placeholder came out of an answer: applied, it would write the mask over the secret. @throws VigieError SECRET */
export function refusePlaceholders(input: JsonObject): void {
  for (const [field, value] of Object.entries(input)) {
    if (!holdsPlaceholder(value)) continue;
    throw new VigieError(
      'SECRET',
      `The argument ${field} holds a redaction placeholder where a value belongs.`,
      {
        hint: 'Leave the masked fields out (an apply keeps what it does not name), or give their real values from the terminal.',
        details: { field },
      },
    );
  }
}
