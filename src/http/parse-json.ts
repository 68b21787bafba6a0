import type { Json } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { badResponse } from './bad-response.ts';

/** @throws VigieError BAD_RESPONSE when the body is no JSON or nested too deeply */
export function parseJson(body: Buffer, from: string): Json {
  if (nestedDeeperThan(body, limits.documentDepth)) {
    throw badResponse(from, `it is nested deeper than ${limits.documentDepth} levels`);
  }
  try {
    return JSON.parse(body.toString('utf8')) as Json;
  } catch {
    // The parser quotes the text in its message, and the text may be a Secret's.
    throw badResponse(from, 'it is not JSON');
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** Counts brackets outside of strings, before a recursive reader meets them. */
function nestedDeeperThan(body: Buffer, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === quote) {
      at = endOfString(body, at + 1);
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      if (depth > most) return true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  return false;
}

// A plain loop: most strings are short, and a native search for each end took three times as long.
function endOfString(body: Buffer, start: number): number {
  let at = start;
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1;
  return at;
}
