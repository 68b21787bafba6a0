/** Names longer than this are compared by their beginning: the cost grows with the product of the lengths. */
const comparedChars = 64;
// Spelling a name out plainly costs about what so many steps of a comparison do.
const foldSteps = 64;

/** What comparing may still cost, in letters held against each other; whoever compares for others counts it down. */
export interface Steps {
  left: number;
}

/**
 * At most three of the names that somebody who typed `wanted` may have meant, the closest first. `steps`: names that come
 * after it is used up are not looked at; absent: all are.
 */
export function nearestNames(
  wanted: string,
  names: Iterable<string>,
  { steps = { left: Number.POSITIVE_INFINITY } }: { steps?: Steps } = {},
): string[] {
  const typed = fold(wanted);
  if (typed === '') return [];
  // A third of the letters wrong is a slip; more is another word, and of three letters two are most of it.
  const tolerance = typed.length <= 3 ? 1 : Math.max(2, Math.floor(typed.length / 3));
  const near: { name: string; distance: number }[] = [];
  for (const name of new Set(names)) {
    steps.left -= foldSteps;
    if (steps.left <= 0) break;
    const folded = fold(name);
    const contained =
      typed.length >= 3 && (folded.includes(typed) || (isMostOf(folded, typed) && typed.includes(folded)));
    const distance = contained ? 1 : distanceWithin(typed, folded, { most: tolerance, steps });
    if (distance !== undefined) near.push({ name, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return near.slice(0, 3).map(({ name }) => name);
}

/** A few letters of a long word, such as `ing` of another thing, are no sign of it. */
function isMostOf(part: string, whole: string): boolean {
  return part.length >= 3 && part.length * 3 >= whole.length;
}

function fold(name: string): string {
  return name
    .slice(0, comparedChars)
    .toLowerCase()
    .replaceAll(/[-_. ]/g, '');
}

/**
 * Insertions, deletions, replacements and swaps of neighbours, one each; undefined: there are more than `most`, or the steps
 * are used up. Only cells that near the diagonal can be as cheap as `most`, and a row without one ends it.
 */
export function distanceWithin(
  a: string,
  b: string,
  { most, steps }: { most: number; steps?: Steps },
): number | undefined {
  // As many letters as one has more, so many have to go: most names of a long list need no closer look.
  if (Math.abs(a.length - b.length) > most) return undefined;
  let beforeLast: number[] = [];
  let last = Array.from({ length: Math.min(b.length, most) + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current: number[] = [];
    const [from, to] = [Math.max(0, row - most), Math.min(b.length, row + most)];
    let least = most + 1;
    for (let column = from; column <= to; column++) {
      const same = column > 0 && a[row - 1] === b[column - 1];
      let best = column === 0 ? row : at(last, column - 1) + (same ? 0 : 1);
      best = Math.min(best, at(last, column) + 1, at(current, column - 1) + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, at(beforeLast, column - 2) + 1);
      current[column] = best;
      least = Math.min(least, best);
    }
    if (steps !== undefined) {
      steps.left -= to - from + 1;
      if (steps.left <= 0) return undefined;
    }
    // A swap reaches over one row, and is no cheaper than what it swaps.
    if (least > most) return undefined;
    beforeLast = last;
    last = current;
  }
  const distance = at(last, b.length);
  return distance <= most ? distance : undefined;
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
