import { VigieError } from '../../core/errors.ts';
import type { ClaimedRun, Lease } from '../../core/journal.ts';
import { textOf } from '../../core/json.ts';
import { caps } from '../language/caps.ts';
import { Evaluator } from '../language/expressions/evaluator.ts';
import { goOnWithRun } from './go-on-with-run.ts';
import type { RunContext, Surroundings } from './run-context.ts';

/** A worker that is gone is missed after that long; one that lives renews three times in it. */
const leaseMs = 30_000;
/** How often it looks for work that nobody told it of. */
const pollMs = 500;
/** What goes wrong that often in a row, a lease apart, does not mend itself, and its run holds a place that others want. */
const mostFaults = 5;

/** What a worker goes by. */
export interface WorkerJob {
  /** A name that no other worker has, or had. */
  name: string;
  around: Surroundings;
  /** How many runs it goes on with at once. */
  most: number;
  /** Only that run. Absent: all. */
  only?: string;
  signal: AbortSignal;
  /** Something went wrong that is no run's own fault. */
  failed: (run: string, error: unknown) => void;
}

interface Held {
  lease: Lease;
  run: RunContext | undefined;
  stop: AbortController;
  /** When the lease ends, by our own clock; past it nothing more may begin. */
  until: number;
}

/** Goes on with runs until its signal says stop, and then when what it began has come to where it can stop. */
export async function work(job: WorkerJob): Promise<void> {
  const held = new Map<string, Held>();
  const faults = new Map<string, number>();
  const going = new Set<Promise<void>>();
  const beat = setInterval(() => void renew(job, held), leaseMs / 3);
  try {
    while (!job.signal.aborted) {
      const free = job.most - held.size;
      const { only } = job;
      const claimed =
        free > 0
          ? await job.around.journal.claim(job.name, {
              max: free,
              leaseMs,
              ...(only === undefined ? {} : { only }),
            })
          : [];
      for (const each of claimed) {
        const one = goOn(job, { claimed: each, held, faults }).finally(() => going.delete(one));
        going.add(one);
      }
      if (claimed.length === 0) await pause(job, going);
    }
  } finally {
    for (const { stop } of held.values()) stop.abort();
    await Promise.allSettled(going);
    clearInterval(beat);
  }
}

async function goOn(
  job: WorkerJob,
  { claimed, held, faults }: { claimed: ClaimedRun; held: Map<string, Held>; faults: Map<string, number> },
): Promise<void> {
  const { lease } = claimed;
  const stop = new AbortController();
  const one: Held = { lease, run: undefined, stop, until: job.around.now() + leaseMs };
  // Its own lease may have run out, and it took the run anew: what it did under the old one ends.
  held.get(lease.run)?.stop.abort();
  held.set(lease.run, one);
  // A thread of its own: whatever its expressions do there, no other run waits for them.
  const evaluator = new Evaluator({ mostSlowMs: caps.runSlowMs });
  try {
    await goOnWithRun(claimed, {
      around: job.around,
      evaluator,
      signal: stop.signal,
      begun: run => {
        one.run = run;
      },
    });
    faults.delete(lease.run);
  } catch (error) {
    // Another worker has it: what this one knows of it counts no more.
    if (error instanceof VigieError && error.code === 'FENCED') return;
    job.failed(lease.run, error);
    // What passes by itself, as a store that is busy, ends no run.
    if (stop.signal.aborted || (error instanceof VigieError && (error.retryable || error.code === 'STORE')))
      return;
    const count = (faults.get(lease.run) ?? 0) + 1;
    faults.set(lease.run, count);
    if (count < mostFaults) return;
    faults.delete(lease.run);
    await giveUp(job, { lease, error });
  } finally {
    if (held.get(lease.run) === one) held.delete(lease.run);
    await evaluator.close();
  }
}

/** Ends a run that nobody can go on with. Its steps are not gone through again, so what it did stands. */
async function giveUp(
  { around, failed }: WorkerJob,
  { lease, error }: { lease: Lease; error: unknown },
): Promise<void> {
  const { journal, withdraw } = around;
  try {
    const { steps = [] } = (await journal.get(lease.run)) ?? {};
    const tickets = steps
      .filter(({ state }) => state === 'intent')
      .map(({ output }) => textOf(output, 'ticket'));
    // It may be just that which goes wrong.
    await Promise.allSettled(tickets.filter(id => id !== '').map(id => withdraw(id, lease.run)));
    const failure =
      error instanceof VigieError
        ? { code: error.code, message: error.message }
        : { code: 'INTERNAL', message: 'Vigie itself failed at it, again and again; its log says why.' };
    const problems = ['What it did stands, and nothing was cleaned up.'];
    await journal.finish(lease, { status: 'failed', output: { failure, problems } });
  } catch (later) {
    failed(lease.run, later);
  }
}

/** Whoever cannot renew stops before the next change: by then another may have taken the run over. */
async function renew(job: WorkerJob, held: ReadonlyMap<string, Held>): Promise<void> {
  const leases = [...held.values()].map(({ lease }) => lease);
  if (leases.length === 0) return;
  try {
    const kept = new Map(
      (await job.around.journal.renew(leases, leaseMs)).map(each => [each.lease.run, each] as const),
    );
    for (const { run } of leases) {
      const one = held.get(run);
      const renewed = kept.get(run);
      if (renewed === undefined) one?.stop.abort();
      else if (one !== undefined) {
        one.until = job.around.now() + leaseMs;
        one.run?.hear(renewed.request);
      }
    }
  } catch (error) {
    for (const one of held.values()) if (one.until - leaseMs / 3 < job.around.now()) one.stop.abort();
    job.failed('', error);
  }
}

async function pause({ signal }: WorkerJob, going: ReadonlySet<Promise<void>>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, pollMs);
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([promise, ...going]);
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
}
