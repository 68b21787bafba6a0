/** What waits for its turn, up to a bound: beyond it things are counted and forgotten, so that a flood takes no memory. */
export class EventQueue<Item> {
  readonly #most: number;
  readonly #items: Item[] = [];
  #dropped = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  push(item: Item): void {
    if (this.#items.length >= this.#most) this.#dropped += 1;
    else this.#items.push(item);
    this.#wake?.();
  }

  /** The next ones, when there are any; none: the queue has ended. One caller at a time. */
  async next(most: number): Promise<Item[]> {
    while (!this.#ended) {
      const items = this.#items.splice(0, most);
      if (items.length > 0) return items;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
      this.#wake = undefined;
    }
    return [];
  }

  /** What waits is left. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** How many were dropped since this was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
