import { setTimeout as sleep } from 'node:timers/promises';
import type { Patience } from '../pipeline/changes/patience.ts';
import type { Sandbox } from '../sandbox/server.ts';

/** As much time passes at once: whoever waits for a cluster looks at it that often anyway. */
const longestStepMs = 2_000;
/** What the cluster has done meanwhile gets to whoever watches it. */
const breathMs = 2;

/** What happens to a cluster by itself, at a moment of its clock. */
interface Happening {
  atMs: number;
  happens: (sandbox: Sandbox) => Promise<void>;
}

/** The clock of a sandbox for all that go by it; whoever waits moves it on, so that an hour is over at once. */
export class VirtualTime implements Patience {
  readonly #sandbox: Sandbox;
  readonly #ends = new Set<{ at: number }>();
  #happenings: Happening[] = [];
  #moving: Promise<void> | undefined;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  nowMs(): number {
    return this.#sandbox.cluster.clock.now();
  }

  /** From now on. */
  schedule(happenings: readonly { afterMs: number; happens: Happening['happens'] }[]): void {
    const now = this.nowMs();
    this.#happenings = happenings
      .map(({ afterMs, happens }) => ({ atMs: now + afterMs, happens }))
      .toSorted((a, b) => a.atMs - b.atMs);
  }

  /** Moves the clock, and lets happen what is due on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.nowMs() + ms;
    for (;;) {
      const [next] = this.#happenings;
      if (next === undefined || next.atMs > end) break;
      this.#happenings.shift();
      await this.#sandbox.advance(Math.max(0, next.atMs - this.nowMs()));
      await next.happens(this.#sandbox);
    }
    await this.#sandbox.advance(Math.max(0, Math.ceil(end - this.nowMs())));
  }

  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    const end = { at: this.nowMs() + ms };
    this.#ends.add(end);
    try {
      while (this.nowMs() < end.at) {
        await sleep(breathMs, undefined, signal === undefined ? {} : { signal });
        this.#moving ??= this.#step();
        await this.#moving;
      }
    } finally {
      this.#ends.delete(end);
    }
  }

  async #step(): Promise<void> {
    try {
      const next = Math.min(...[...this.#ends].map(({ at }) => at)) - this.nowMs();
      await this.advance(Math.ceil(Math.max(1, Math.min(next, longestStepMs))));
    } finally {
      this.#moving = undefined;
    }
  }
}
