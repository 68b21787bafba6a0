/** Runs a task for every item, a few at once, and gives the results in the items' order. The first failure ends it. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: { atOnce: number; task(item: T): Promise<R> },
): Promise<R[]> {
  const results = new Map<number, R>();
  const entries = items.entries();
  // Every worker draws from the same iterator, so each item is taken once.
  const worker = async () => {
    for (const [index, item] of entries) results.set(index, await work.task(item));
  };
  await Promise.all(Array.from({ length: work.atOnce }, worker));
  return [...results].toSorted(([left], [right]) => left - right).map(([, result]) => result);
}
