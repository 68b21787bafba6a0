import { setTimeout as sleep } from 'node:timers/promises';

/** The calls that run now. Before a process ends they are waited for, since a stopped change still records what stands. */
export class InFlight {
  readonly #calls = new Set<Promise<unknown>>();

  get size(): number {
    return this.#calls.size;
  }

  track<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call);
    const forget = (): boolean => this.#calls.delete(call);
    call.then(forget, forget);
    return call;
  }

  /** Resolves when no call runs any more, or after `withinMs`. */
  async settled(withinMs: number): Promise<void> {
    const over = new AbortController();
    const late = sleep(withinMs, undefined, { signal: over.signal }).catch(() => {});
    await Promise.race([Promise.allSettled(this.#calls), late]);
    over.abort();
  }
}
