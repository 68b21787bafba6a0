import { VigieError } from '../../core/errors.ts';
import { textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';

// What a server says about its refusal: with the query in it, which may be long.
const saidChars = 600;

/** A server that gave a query up says so with a 503, which is no fault of its own. */
export function whyGivenUp(error: unknown, shown: string): unknown {
  if (!(error instanceof VigieError) || error.code !== 'SERVER_ERROR') return error;
  const said = textOf(error.details, 'said');
  if (error.details['status'] !== 503 || !/timed out|timeout|cancel/i.test(said)) return error;
  return new VigieError('TIMEOUT', `${shown} gave the query up: ${said}`, {
    hint: 'Ask for less: a shorter time, a longer step, fewer series.',
    cause: error,
  });
}

/** Prometheus says 400 with `bad_data`, VictoriaMetrics 422 with its number; both also 422 for a query that fails on its way. */
export function refusalOf(
  status: number,
  { said: body, shown }: { said: string; shown: string },
): VigieError {
  const { errorType, said } = saidIn(body);
  if (errorType === '')
    return new VigieError('NOT_FOUND', `${shown} does not answer as Prometheus does (${status}).`, {
      hint: 'Name the place of its API: environments.NAME.metrics.prometheus in vigie.yaml.',
    });
  const tooMuch = /too many|exceed|maximum|limit/i.test(said);
  return new VigieError('INVALID_INPUT', `${shown} did not take the query: ${said}`, {
    ...(tooMuch ? { hint: 'Ask for less: a shorter time, a longer step, fewer series.' } : {}),
    details: { errorType },
  });
}

function saidIn(body: string): { errorType: string; said: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { errorType: '', said: '' };
  }
  return { errorType: textOf(parsed, 'errorType'), said: cleanLine(textOf(parsed, 'error'), saidChars) };
}
