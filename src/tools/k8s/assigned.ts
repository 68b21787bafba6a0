import { VigieError } from '../../core/errors.ts';

/** `KEY=value`, or `KEY-` whose value is null: take it away. */
export interface Assigned {
  name: string;
  value: string | null;
}

/** Reads one word of k8s_set. @throws VigieError INVALID_INPUT */
export function readAssigned(word: string, field: string): Assigned {
  const equals = word.indexOf('=');
  if (equals > 0) return { name: word.slice(0, equals), value: word.slice(equals + 1) };
  if (equals < 0 && word.length > 1 && word.endsWith('-')) return { name: word.slice(0, -1), value: null };
  throw refuseWord(field, word, 'is neither KEY=value nor KEY-');
}

/** INVALID_INPUT about one word. */
export function refuseWord(field: string, word: string, message: string): VigieError {
  // The value may be a secret that came into the wrong form.
  const said = JSON.stringify(word.split('=', 1)[0]?.slice(0, 64));
  return new VigieError('INVALID_INPUT', `${field}: ${said} ${message}`, {
    details: { issues: [{ field, message }] },
  });
}
