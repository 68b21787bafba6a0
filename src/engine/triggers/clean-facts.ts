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

/** Texts by their names, cleaned and masked; those that would be too much are left out, the first ones stay. */
export function cleanPairs(value: unknown, redactor: Redactor): { [name: string]: string } {
  if (!isObject(value)) return {};
  const kept: [string, string][] = [];
  let bytes = 0;
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string' || name === lost) continue;
    const short = cutText(cleanText(cutText(text, roughChars)), valueChars);
    const pair: [string, string] = [cleanLine(name, nameChars), redactor.text(short)];
    bytes += Buffer.byteLength(JSON.stringify(pair));
    if (bytes > pairsBytes) break;
    kept.push(pair);
  }
  return Object.fromEntries(kept);
}

/** The same value, with every text and name in it cleaned. */
export function cleanJson(value: Json): Json {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([name]) => name !== lost);
  return Object.fromEntries(members.map(([name, member]) => [cleanText(name), cleanJson(member ?? null)]));
}
