/** Of a kind of thing, as many are named. */
const mostNamed = 5;

/** `a, b and c`; of many the first, and how many more. */
export function named(all: readonly string[]): string {
  const more = all.length - mostNamed;
  const first = all.slice(0, mostNamed);
  const last = first.at(-1) ?? '';
  if (more > 0) return `${first.join(', ')} and ${more} more`;
  return first.length > 1 ? `${first.slice(0, -1).join(', ')} and ${last}` : last;
}
