import type { Vigie } from '../pipeline/vigie.ts';
import type { ChangeState } from '../store/change-reader.ts';
import { serverLimits } from './limits.ts';

/** The newest changes of the environments this Vigie sees: enough to complete an id and to see one move. */
export async function recentChanges(vigie: Vigie): Promise<{ id: string; state: ChangeState }[]> {
  const visible = new Set(vigie.environments.map(one => one.view.name));
  const store = await vigie.store();
  const records = await store.changes.list({ limit: serverLimits.recentChanges });
  return records.filter(one => visible.has(one.environment)).map(({ id, state }) => ({ id, state }));
}

/**
 * Says which resources changed, while anybody wants to know. Changes move in other processes too (`vigie approve`),
 * so the store is asked in intervals; without a subscriber nothing runs and the store stays closed.
 */
export class ChangeFeed {
  readonly #open: () => Promise<Vigie>;
  readonly #listeners = new Map<symbol, (uri: string) => void>();
  #known: Map<string, ChangeState> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Of the poll that counts: one that was overtaken by a stop and a new start says nothing and starts no timer. */
  #round = 0;

  constructor(open: () => Promise<Vigie>) {
    this.#open = open;
  }

  /** Tells `listener` the address of every resource that changes, until the returned function is called. */
  listen(listener: (uri: string) => void): () => void {
    const key = Symbol('listener');
    this.#listeners.set(key, listener);
    if (this.#listeners.size === 1) void this.#poll();
    return () => {
      this.#listeners.delete(key);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  #stop(): void {
    this.#round += 1;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#known = undefined;
  }

  async #poll(): Promise<void> {
    const round = ++this.#round;
    try {
      const vigie = await (await this.#open()).inForce('read');
      const states = new Map((await recentChanges(vigie)).map(one => [one.id, one.state]));
      if (round !== this.#round) return;
      if (this.#known !== undefined) this.#announce(this.#known, states);
      this.#known = states;
    } catch {
      // The next look may do better; what is wrong with the store or the configuration, every call says.
    }
    if (round !== this.#round) return;
    this.#timer = setTimeout(() => void this.#poll(), serverLimits.changePollMs);
    this.#timer.unref();
  }

  #announce(before: ReadonlyMap<string, ChangeState>, now: ReadonlyMap<string, ChangeState>): void {
    const moved = [...now].filter(([id, state]) => before.get(id) !== state);
    if (moved.length === 0) return;
    const uris = [...moved.map(([id]) => `vigie://changes/${id}`), 'vigie://changes'];
    for (const listener of this.#listeners.values()) for (const uri of uris) listener(uri);
  }
}
