import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { cutText } from '../../core/text.ts';
import { writeFieldPath } from './field-path.ts';

/** A value that fits, and what had to go for it. */
export interface Folded {
  value: Json;
  /** Paths whose value was left out, in the order they stand. */
  cut: string[];
}

// Below this no subtree is worth a line that says it was left out.
const smallestFold = 256;
const shownOfText = 200;

/**
 * A value whose largest parts are replaced by a line that says how large they are, until `measure` finds that it fits.
 * Leaves the shape alone, so that a path of the folded value is a path of the whole one.
 */
export function foldToFit(value: Json, fit: { bytes: number; measure(value: Json): number }): Folded {
  if (fit.measure(value) <= fit.bytes) return { value, cut: [] };
  for (let largest = Math.floor(fit.bytes / 4); largest >= smallestFold; largest = Math.floor(largest / 2)) {
    const cut: string[] = [];
    const folded = foldChildren(value, { largest, path: [], cut });
    if (fit.measure(folded) <= fit.bytes) return { value: folded, cut };
  }
  return { value: summaryOf(value), cut: [] };
}

interface Folding {
  largest: number;
  path: (string | number)[];
  cut: string[];
}

function fold(value: Json, folding: Folding): Json {
  if (Buffer.byteLength(JSON.stringify(value)) <= folding.largest) return value;
  // A container may be large by its many small children: it is opened first, and left out only if that did not help.
  const opened = foldChildren(value, { ...folding, cut: [] });
  if (typeof value !== 'string' && Buffer.byteLength(JSON.stringify(opened)) <= folding.largest)
    return foldChildren(value, folding);
  folding.cut.push(writeFieldPath(folding.path));
  return summaryOf(value);
}

function foldChildren(value: Json, folding: Folding): Json {
  const child = (step: string | number, item: Json) =>
    fold(item, { ...folding, path: [...folding.path, step] });
  if (Array.isArray(value)) return value.map((item, index) => child(index, item));
  if (!isObject(value)) return value;
  const folded: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) folded[key] = child(key, item);
  }
  return folded;
}

function summaryOf(value: Json): string {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (typeof value === 'string') return `${cutText(value, shownOfText)}… (${bytes} bytes, cut)`;
  if (Array.isArray(value)) return `(${value.length} items, ${bytes} bytes, left out)`;
  return isObject(value) ? `(${Object.keys(value).length} fields, ${bytes} bytes, left out)` : '(left out)';
}
