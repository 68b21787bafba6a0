import { VigieError } from '../../core/errors.ts';
import type { ClaimedRun, Lease } from '../../core/journal.ts';
import { textOf } from '../../core/json.ts';
import { caps } from '../language/caps.ts';
import { Evaluator } from '../language/expressions/evaluator.ts';
import { goOnWithRun } from './go-on-with-run.ts';
import type { RunContext, Surroundings } from './run-context.ts';
import { isSeat } from './seats.ts';

/** A worker that is gone is missed after that long; one that lives renews three times in it. */
export const leaseMs = 30_000;
/** What goes wrong that often in a row, a lease apart, does not mend itself, and its run holds a place that others want. */
const mostFaults = 5;

interface Held {
  lease: Lease;
  run: RunContext | undefined;
  stop: AbortController;
  /** When the lease ends, by a clock that nobody sets; past it nothing more may begin. */
  until: number;
}

/** What goes wrong, and is no run's own fault; of an empty run, of none alone. */
export type Failed = (run: string, error: unknown) => void;

/** The runs that one worker has: it goes on with them, and says that it lives. */
export class Hands {
  readonly #around: Surroundings;
  readonly #failed: Failed;
  readonly #held = new Map<string, Held>();
  readonly #faults = new Map<string, number>();
  readonly #going = new Set<Promise<void>>();
  readonly #beat: NodeJS.Timeout;
  #closed = false;

  constructor({ around, failed }: { around: Surroundings; failed: Failed }) {
    this.#around = around;
    this.#failed = failed;
    this.#beat = setInterval(() => void this.#renew(), leaseMs / 3);
  }

  /** How many it has. */
  get count(): number {
    return this.#held.size;
  }

  /** What it does with them; each ends when its run was let go of. */
  get going(): ReadonlySet<Promise<void>> {
    return this.#going;
  }

  /** Goes on with a run that was claimed until it is let go of, which is at once after the close. Never throws. */
  take(claimed: ClaimedRun): Promise<void> {
    const one = this.#goOn(claimed).finally(() => this.#going.delete(one));
    this.#going.add(one);
    return one;
  }

  /** Stops all where they can stop. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { stop } of this.#held.values()) stop.abort();
    await Promise.allSettled(this.#going);
    clearInterval(this.#beat);
  }

  async #goOn(claimed: ClaimedRun): Promise<void> {
    const { lease } = claimed;
    const held = this.#held;
    const stop = new AbortController();
    const one: Held = { lease, run: undefined, stop, until: performance.now() + leaseMs };
    // Its own lease may have run out, and it took the run anew: what it did under the old one ends.
    held.get(lease.run)?.stop.abort();
    held.set(lease.run, one);
    if (this.#closed) stop.abort();
    // A thread of its own: whatever its expressions do there, no other run waits for them.
    const evaluator = new Evaluator({ mostSlowMs: caps.runSlowMs });
    try {
      await goOnWithRun(claimed, {
        around: this.#around,
        evaluator,
        signal: stop.signal,
        begun: run => {
          one.run = run;
        },
      });
      this.#faults.delete(lease.run);
    } catch (error) {
      await this.#fault(one, error);
    } finally {
      if (held.get(lease.run) === one) held.delete(lease.run);
      await evaluator.close();
    }
  }

  async #fault({ lease, stop }: Held, error: unknown): Promise<void> {
    // Another worker has it: what this one knows of it counts no more.
    if (error instanceof VigieError && error.code === 'FENCED') return;
    this.#failed(lease.run, error);
    // What passes by itself, as a store that is busy, ends no run.
    if (stop.signal.aborted || (error instanceof VigieError && (error.retryable || error.code === 'STORE')))
      return;
    const count = (this.#faults.get(lease.run) ?? 0) + 1;
    this.#faults.set(lease.run, count);
    if (count < mostFaults) return;
    this.#faults.delete(lease.run);
    await this.#giveUp(lease, error);
  }

  /** Ends a run that nobody can go on with. Its steps are not gone through again, so what it did stands. */
  async #giveUp(lease: Lease, error: unknown): Promise<void> {
    const { journal, withdraw, gates } = this.#around;
    try {
      const { steps = [] } = (await journal.get(lease.run)) ?? {};
      const tickets = steps
        .filter(({ state }) => state === 'intent')
        .map(({ output }) => textOf(output, 'ticket'));
      // It may be just that which goes wrong.
      await Promise.allSettled([
        ...tickets.filter(id => id !== '').map(id => withdraw(id, lease.run)),
        ...(steps.some(({ path }) => isSeat(path)) ? [gates.end({ run: lease.run })] : []),
      ]);
      const failure =
        error instanceof VigieError
          ? { code: error.code, message: error.message }
          : { code: 'INTERNAL', message: 'Vigie itself failed at it, again and again; its log says why.' };
      const problems = ['What it did stands, and nothing was cleaned up.'];
      await journal.finish(lease, { status: 'failed', output: { failure, problems } });
    } catch (later) {
      this.#failed(lease.run, later);
    }
  }

  /** Whoever cannot renew stops before the next change: by then another may have taken the run over. */
  async #renew(): Promise<void> {
    const { journal } = this.#around;
    const asked = [...this.#held.values()];
    // A store that says nothing at all is one that cannot be renewed at either.
    const said = performance.now();
    for (const one of asked) if (one.until - leaseMs / 3 <= said) one.stop.abort();
    if (asked.length === 0) return;
    try {
      const leases = asked.map(({ lease }) => lease);
      const renewed = await journal.renew(leases, leaseMs);
      const kept = new Map(renewed.map(each => [each.lease.run, each] as const));
      for (const one of asked) {
        const found = kept.get(one.lease.run);
        if (found === undefined) one.stop.abort();
        else {
          // It lasts from when it was asked for, however late the answer came.
          one.until = said + leaseMs;
          one.run?.hear(found.request);
        }
      }
    } catch (error) {
      this.#failed('', error);
    }
  }
}
