import type { Plan } from '../core/plan.ts';
import type { Preview } from '../core/preview.ts';
import type { Patience } from './changes/patience.ts';
import type { Run } from './run.ts';

// A budget allows more as soon as a pod elsewhere is ready, which takes seconds.
const pauseMs = 1_000;

type Turn = [index: number, planned: Preview];

type Waited = Pick<Run, 'signal' | 'progress'> & { plan: Pick<Plan, 'previews' | 'waitSeconds'> };

/**
 * The changes of a plan in order. What a budget holds back is tried again after the others, round after round, until the
 * plan's time is over; what follows does not wait for it.
 */
export class Turns {
  readonly #run: Waited;
  readonly #patience: Patience;
  #deadlineMs: number | undefined;
  #postponed: Turn[] = [];
  #blocked: string | undefined;
  #said = '';

  constructor(run: Waited, patience: Patience) {
    this.#run = run;
    this.#patience = patience;
  }

  /** When the plan's time to wait is over; it starts with the first wait, of whatever kind. */
  get deadlineMs(): number {
    this.#deadlineMs ??= this.#patience.nowMs() + this.#run.plan.waitSeconds * 1_000;
    return this.#deadlineMs;
  }

  /** Why some were never done, once all turns are over; undefined: all were. */
  get blocked(): string | undefined {
    return this.#postponed.length === 0 ? undefined : this.#blocked;
  }

  /** Holds a change back whose write was refused for now. */
  postpone(turn: Turn, why: string): void {
    this.#postponed.push(turn);
    this.#blocked = why;
  }

  async *all(): AsyncGenerator<Turn> {
    let turns: Turn[] = [...this.#run.plan.previews.entries()];
    for (;;) {
      yield* turns;
      if (this.#postponed.length === 0) return;
      const leftMs = this.deadlineMs - this.#patience.nowMs();
      if (leftMs <= 0) return;
      this.#say(`${this.#postponed.length} wait: ${this.#blocked ?? ''}`);
      turns = this.#postponed;
      this.#postponed = [];
      try {
        await this.#patience.pause(Math.min(pauseMs, leftMs), this.#run.signal);
      } catch {
        // The next turn says that the call was stopped.
      }
    }
  }

  /** Whoever watches is told when something has changed, not every second. */
  #say(line: string): void {
    if (line !== this.#said) this.#run.progress(line);
    this.#said = line;
  }
}
