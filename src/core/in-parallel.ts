/** Runs a task for every item, a few at once, and gives the results in the items' order. The first failure ends it. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: { atOnce: number; task(item: Item): Promise<Result> },
): Promise<Result[]> {
  const results: Result[] = [];
  const entries = items.entries();
  // Every worker draws from the same iterator, so each item is taken once.
  const worker = async () => {
    for (const [index, item] of entries) results[index] = await work.task(item);
  };
  await Promise.all(Array.from({ length: Math.min(work.atOnce, items.length) }, worker));
  return results;
}
