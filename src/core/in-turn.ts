/**
 * The same items, where each owner has its first before anybody has a second; else in their order. What is cut off behind
 * takes nothing from whoever has little.
 */
export function inTurn<Item>(items: readonly Item[], ownerOf: (item: Item) => string): Item[] {
  const taken = new Map<string, number>();
  const turns: Item[][] = [];
  for (const item of items) {
    const owner = ownerOf(item);
    const turn = taken.get(owner) ?? 0;
    taken.set(owner, turn + 1);
    const round = turns[turn];
    if (round === undefined) turns.push([item]);
    else round.push(item);
  }
  return turns.flat();
}
