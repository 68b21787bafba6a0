/** The time of one sandbox: real time plus what it was moved forward. */
export class SandboxClock {
  #base: () => number;
  #offsetMs = 0;

  constructor(base: () => number) {
    this.#base = base;
  }

  now(): number {
    return this.#base() + this.#offsetMs;
  }

  /** How far it is ahead of real time. */
  get movedMs(): number {
    return this.#offsetMs;
  }

  /** Moves the time forward. */
  advance(ms: number): void {
    this.#offsetMs += ms;
  }

  /** `2026-11-21T14:50:00Z`: the form of every time in metadata. */
  timestamp(plusMs = 0): string {
    return `${new Date(this.now() + plusMs).toISOString().slice(0, 19)}Z`;
  }
}
