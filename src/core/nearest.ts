/** Names longer than this are compared by their beginning: the cost grows with the product of the lengths. */
const comparedChars = 64;

/** At most three of the names that somebody who typed `wanted` may have meant, the closest first. */
export function nearestNames(wanted: string, names: Iterable<string>): string[] {
  const typed = fold(wanted);
  if (typed === '') return [];
  // A third of the letters wrong is a slip; more is another word.
  const tolerance = Math.max(2, Math.floor(typed.length / 3));
  const near: { name: string; distance: number }[] = [];
  for (const name of new Set(names)) {
    const folded = fold(name);
    const contained =
      typed.length >= 3 && (folded.includes(typed) || (isMostOf(folded, typed) && typed.includes(folded)));
    // As many letters as one has more, so many have to go: most names of a long list need no closer look.
    if (!contained && Math.abs(typed.length - folded.length) > tolerance) continue;
    const distance = contained ? 1 : editDistance(typed, folded);
    if (distance <= tolerance) near.push({ name, distance });
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

/** Insertions, deletions, replacements and swaps of neighbours, one each. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, at(beforeLast, column - 2) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
