import { isObject, type Json } from '../../core/json.ts';
import type { Redactor } from '../../core/redaction.ts';
import { cleanLine, cleanText, cutText } from '../../core/text.ts';

// What a sender says is data, whoever it is: whatever its labels hold, it is kept, shown to people and handed to expressions.

/** Of a name: Prometheus itself takes longer ones, and nobody writes them. */
const nameChars = 128;
/** Of a value: a label names something, and an annotation is a few sentences. */
const valueChars = 1_000;
/** So much of one is looked at: what is hidden in it, and taken away, is rarely more. */
const roughChars = 4_000;
/** Of all labels, or all annotations: what goes into every expression of a run beside the answers of its steps. */
const pairsBytes = 3_500;
/** A name that CEL would lose, and that no sender has a use for. */
const lost = '__proto__';

/**
 * To how many characters long values are cut where all do not fit, one after another. A label names something, as an object
 * of at most 253: cut further, it could name another. An annotation is read by people.
 */
const cuts = { labels: [valueChars, 500, 253], annotations: [valueChars, 500, 253, 120, 60] };
/** Quotes, comma and brackets around the two texts of a pair. */
const pairBytes = 7;

/**
 * Texts by their names, cleaned and masked. Where they are too much the long ones are cut, and no name is left out: a condition
 * may ask whether it is there. `whole`: false where that was not enough, and only the first ones stayed.
 */
export function cleanPairs(
  value: unknown,
  { of, redactor }: { of: keyof typeof cuts; redactor: Redactor },
): { pairs: { [name: string]: string }; whole: boolean } {
  if (!isObject(value)) return { pairs: {}, whole: true };
  const texts = Object.entries(value).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string' && pair[0] !== lost,
  );
  const mayFit = texts.length * pairBytes <= pairsBytes;
  let fitted = fit(texts, { chars: valueChars, redactor });
  for (const chars of mayFit ? cuts[of] : [])
    if (fitted.length < texts.length) fitted = fit(texts, { chars, redactor });
  return { pairs: Object.fromEntries(fitted), whole: fitted.length === texts.length };
}

/** The first ones that are not too much. */
function fit(
  texts: readonly [string, string][],
  { chars, redactor }: { chars: number; redactor: Redactor },
): [string, string][] {
  const kept: [string, string][] = [];
  let bytes = 0;
  for (const [name, text] of texts) {
    const short = redactor.text(cutText(cleanText(cutText(text, roughChars)), valueChars));
    const pair: [string, string] = [cleanLine(name, nameChars), cutText(short, chars)];
    bytes += Buffer.byteLength(JSON.stringify(pair));
    if (bytes > pairsBytes) break;
    kept.push(pair);
  }
  return kept;
}

/** The same value, with every text and name in it cleaned. */
export function cleanJson(value: Json): Json {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([name]) => name !== lost);
  return Object.fromEntries(members.map(([name, member]) => [cleanText(name), cleanJson(member ?? null)]));
}
