import { distanceWithin, nearestNames, type Steps } from '../core/nearest.ts';

// Of a short word a letter makes another word; of a long one it is a slip.
const lettersToOneSlip = 4;
const mostSlips = 2;
// The longest name of an object.
const nameChars = 253;
// Whoever may make objects in one namespace decides how many names there are to compare: 300,000 pairs take half a second,
// and a real cluster has hundreds.
const mostSteps = 20_000_000;
// Spelling two names out plainly costs about what so many steps of a comparison do.
const plainSteps = 64;

// Rules run to their end one after another, so that one count serves them all.
const steps: Steps = { left: mostSteps };

/** Gives the rules that run next all that comparing may cost; past it no name is near, since nobody looked. */
export function startComparing(): void {
  steps.left = mostSteps;
}

/** The one name that somebody evidently meant; undefined where there is none, or more than one. */
export function meantName(written: string, names: readonly string[]): string | undefined {
  let meant: string | undefined;
  for (const name of names) {
    if (steps.left <= 0) return undefined;
    if (name === meant || !isSlip(written, name)) continue;
    if (meant !== undefined) return undefined;
    meant = name;
  }
  // With the last of them the steps may have run out, and then it was not compared.
  return steps.left <= 0 ? undefined : meant;
}

/** At most three names that may have been meant, the closest first; to name in a question, and to offer nowhere. */
export function nearNames(written: string, names: readonly string[]): string[] {
  return nearestNames(written, names, { steps });
}

/** The same word in another spelling (`apiKey`, `api-key`), or with a letter or two wrong. */
export function isSlip(written: string, name: string): boolean {
  steps.left -= plainSteps;
  if (steps.left <= 0) return false;
  const [a, b] = [plain(written), plain(name)];
  const most = Math.min(mostSlips, Math.floor(Math.min(a.length, b.length) / lettersToOneSlip));
  return a === b || distanceWithin(a, b, { most, steps }) !== undefined;
}

/** Whether two names are one word in two spellings: `API_KEY`, `api-key`, `apiKey`. */
export function isSameWord(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(name: string): string {
  return name.slice(0, nameChars).toLowerCase().replaceAll(/[-_.]/g, '');
}
