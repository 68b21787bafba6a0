import { VigieError } from '../../core/errors.ts';
import { payloadBytes } from '../../core/journal.ts';
import type { Json } from '../../core/json.ts';

/** What is kept of a value, and nothing for none. @throws VigieError TOO_LARGE, with what it is */
export function written(value: Json, what: string): string;
export function written(value: Json | undefined, what: string): string | null;
export function written(value: Json | undefined, what: string): string | null {
  if (value === undefined) return null;
  const text = JSON.stringify(value);
  // A character takes at most three bytes: what is clearly small is not counted.
  const bytes = text.length * 3 > payloadBytes ? Buffer.byteLength(text) : 0;
  if (bytes <= payloadBytes) return text;
  throw new VigieError('TOO_LARGE', `${what} has ${bytes} bytes, of at most ${payloadBytes}.`, {
    hint: 'Ask for less (a limit, a narrower target), or keep it elsewhere and hand on where.',
    details: { what, bytes, most: payloadBytes },
  });
}

export function readBack(text: string): Json;
export function readBack(text: string | null): Json | undefined;
export function readBack(text: string | null): Json | undefined {
  if (text === null) return undefined;
  const value: Json = JSON.parse(text);
  return value;
}
