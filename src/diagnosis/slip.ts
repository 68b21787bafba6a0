import { editDistance, nearestNames } from '../core/nearest.ts';

// Of a short word a letter makes another word; of a long one it is a slip.
const lettersToOneSlip = 4;
const mostSlips = 2;

/** The one name that somebody evidently meant; undefined where there is none, or more than one. */
export function meantName(written: string, names: readonly string[]): string | undefined {
  const near = nearestNames(written, names).filter(name => isSlip(written, name));
  return near.length === 1 ? near[0] : undefined;
}

/** The same word in another spelling (`apiKey`, `api-key`), or with a letter or two wrong. */
export function isSlip(written: string, name: string): boolean {
  const [a, b] = [plain(written), plain(name)];
  const most = Math.min(mostSlips, Math.floor(Math.min(a.length, b.length) / lettersToOneSlip));
  return a === b || (Math.abs(a.length - b.length) <= most && editDistance(a, b) <= most);
}

function plain(name: string): string {
  return name.slice(0, 253).toLowerCase().replaceAll(/[-_.]/g, '');
}

/** Whether two names are one word in two spellings: `API_KEY`, `api-key`, `apiKey`. */
export function isSameWord(one: string, other: string): boolean {
  return plain(one) === plain(other);
}
