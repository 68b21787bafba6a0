import type { Vigie } from '../pipeline/vigie.ts';
import { serverLimits } from './limits.ts';
import { changeMarks, type Marks, runMarks } from './recent-marks.ts';

/** Resources that move, by what stands before their id. */
const kinds = { changes: changeMarks, runs: runMarks } as const;
const kindNames = ['changes', 'runs'] as const satisfies (keyof typeof kinds)[];

/**
 * Says which resources changed, while anybody wants to know. Changes and runs move in other processes too (`vigie approve`,
 * `vigie worker`), so they are asked for in intervals; without a subscriber nothing runs and the store stays closed.
 */
export class ChangeFeed {
  readonly #open: () => Promise<Vigie>;
  readonly #listeners = new Map<symbol, (uri: string) => void>();
  readonly #known = new Map<string, Marks>();
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
    this.#known.clear();
  }

  async #poll(): Promise<void> {
    const round = ++this.#round;
    const began = performance.now();
    for (const kind of kindNames) {
      try {
        const vigie = await (await this.#open()).inForce('read');
        const marks = await kinds[kind](vigie);
        if (round !== this.#round) return;
        const before = this.#known.get(kind);
        if (before !== undefined) this.#announce(kind, { before, now: marks });
        this.#known.set(kind, marks);
      } catch {
        // The next look may do better; what is wrong with the store or the configuration, every call says.
      }
    }
    if (round !== this.#round) return;
    const tookMs = performance.now() - began;
    const pauseMs = Math.max(serverLimits.changePollMs, tookMs * serverLimits.pollShare);
    this.#timer = setTimeout(() => void this.#poll(), pauseMs);
    this.#timer.unref();
  }

  #announce(kind: string, { before, now }: { before: Marks; now: Marks }): void {
    const moved = [...now].filter(([id, mark]) => before.get(id) !== mark);
    if (moved.length === 0) return;
    const uris = [...moved.map(([id]) => `vigie://${kind}/${id}`), `vigie://${kind}`];
    for (const listener of this.#listeners.values()) for (const uri of uris) listener(uri);
  }
}
