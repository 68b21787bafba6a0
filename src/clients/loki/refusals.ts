import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { trusted } from '../../core/trusted-text.ts';

// Loki says its reasons as plain text, with the query in it.
const saidChars = 600;

/** What a refusal of Loki means: its limits become what to ask instead. */
export function refusalOf(
  status: number,
  { said: body, shown }: { said: string; shown: string },
): VigieError {
  const said = cleanLine(body, saidChars).trim();
  if (status === 404)
    return new VigieError('NOT_FOUND', `${shown} does not answer as Loki does (404).`, {
      hint: 'Name the place of its API: environments.NAME.logs.loki in vigie.yaml.',
    });
  // As `limit > max_entries_limit (10000 > 5000)`, with and without `_per_query`.
  const entries = /max[ _]entries[ _]limit.{0,60}\(\d+ > (\d{1,9})\)/.exec(said)?.[1];
  const message = `${shown} did not take the query: ${said}`;
  if (entries !== undefined)
    return new VigieError('INVALID_INPUT', message, {
      hint: 'Ask for fewer lines.',
      details: { mostEntries: Number(entries) },
    });
  // `the query time range exceeds the limit (query length: 768h0m0s, limit: 721h)`
  const length = /time range exceeds the limit.{0,80}limit: ((?:\d{1,6}[dhms])+)/.exec(said)?.[1];
  if (length !== undefined)
    return new VigieError('INVALID_INPUT', message, {
      hint: trusted`Ask for a shorter time: this Loki takes at most ${length} a query.`,
    });
  if (/maximum (?:number )?of series|max[ _]query[ _]series/i.test(said))
    return new VigieError('INVALID_INPUT', message, {
      hint: 'Sum the series up, as sum by (app) (…), or select fewer streams.',
    });
  if (/would read too many bytes|bytes[ _]read/i.test(said))
    return new VigieError('INVALID_INPUT', message, {
      hint: 'Ask for a shorter time, or select fewer streams.',
    });
  return new VigieError('INVALID_INPUT', message);
}
