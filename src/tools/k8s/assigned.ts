import { VigieError } from '../../core/errors.ts';

/** `KEY=value`, or `KEY-` whose value is null: take it away. */
export interface Assigned {
  name: string;
  value: string | null;
}

/** The fields of k8s_set that hold such words, each with how one is written. */
const examples = {
  image: 'Write it as web=nginx:1.27, or *=nginx:1.27 for all containers; k8s_describe names them.',
  env: 'Write it as MODE=fast, as MODE@secret/NAME/KEY, or as MODE- to take it away.',
  resources: 'Write it as limits.memory=1Gi or requests.cpu=250m, or as limits.memory- to take it away.',
  labels: 'Write it as team=shop, or as team- to take it away.',
  annotations: 'Write it as team=shop, or as team- to take it away.',
} as const;

type Field = keyof typeof examples;

/** Reads one word of k8s_set. @throws VigieError INVALID_INPUT */
export function readAssigned(word: string, field: Field): Assigned {
  const equals = word.indexOf('=');
  if (equals > 0) return { name: word.slice(0, equals), value: word.slice(equals + 1) };
  if (equals < 0 && word.length > 1 && word.endsWith('-')) return { name: word.slice(0, -1), value: null };
  throw refuseWord(field, word, 'is neither KEY=value nor KEY-');
}

/** INVALID_INPUT about one word. */
export function refuseWord(field: Field, word: string, message: string): VigieError {
  // The value may be a secret that came into the wrong form.
  const said = JSON.stringify(word.split('=', 1)[0]?.slice(0, 64));
  return new VigieError('INVALID_INPUT', `${field}: ${said} ${message}`, {
    hint: examples[field],
    details: { issues: [{ field, message }] },
  });
}
