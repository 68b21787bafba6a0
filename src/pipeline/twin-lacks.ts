import { cleanLine } from '../core/text.ts';
import type { GatheredTwin } from './gather-twin.ts';

/** Names of containers that are told one by one; more are counted. */
const mostNamed = 10;

/** What was left out of a twin, was not read for it or is made up in it, a sentence each. */
export function lacksOf({ left, unread, unlike, invented }: GatheredTwin): string[] {
  const named = unlike.slice(0, mostNamed).map(({ container, state }) => `${container} (${state})`);
  const more = unlike.length - named.length;
  return [
    ...countedLine('Left out', left),
    ...(unread.length === 0
      ? []
      : [`Not read: ${unread.map(({ kind, why }) => `${kind} (${why})`).join(', ')}.`]),
    ...countedLine('Made up', invented),
    ...(unlike.length === 0
      ? []
      : [`Broken there and well here: ${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}.`]),
  ].map(line => cleanLine(line));
}

function countedLine(title: string, counts: ReadonlyMap<string, number>): string[] {
  const items = [...counts].map(([what, count]) => `${count} ${what}`);
  return items.length === 0 ? [] : [`${title}: ${items.join('; ')}.`];
}
