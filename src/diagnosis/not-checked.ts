import type { Unread } from './snapshot.ts';

/** What was not read, as one line; `why` in brackets, since behind `Secret:` it would be masked as one. */
export function notCheckedLine(kinds: readonly string[], { namespace, why }: Omit<Unread, 'kind'>): string {
  return `${kinds.join(', ')}${namespace === undefined ? '' : ` in ${namespace}`} (${why})`;
}
