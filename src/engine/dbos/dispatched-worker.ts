import { VigieError } from '../../core/errors.ts';
import type { Lease } from '../../core/journal.ts';
import type { SharedJournal } from '../../store/journal/postgres/postgres-journal.ts';
import { Hands, leaseMs } from '../interpreter/hands.ts';
import { pause, type WorkerJob } from '../interpreter/worker.ts';
import { type Dispatch, openDispatch } from './dispatch.ts';

/** How often it looks which runs can go on. */
const lookMs = 250;
/** A store that is away for a while is asked again after that long. */
const awayMs = 2_000;
/** How often what dead workers left in the queue is cleaned up. */
const cleanMs = 60_000;

type Job = Omit<WorkerJob, 'only'> & { url: string; journal: SharedJournal };

/**
 * Goes on with runs beside workers of other processes and machines. Each claims as many as it has room for, in the name of
 * the queue, and whoever is free takes them from there; what nobody takes is renewed by who put it there, and lost with it.
 * @throws VigieError STORE
 */
export async function workDispatched(job: Job): Promise<void> {
  const { signal, failed } = job;
  const hands = new Hands(job);
  let dispatch: Dispatch | undefined;
  try {
    dispatch = await openDispatch({
      ...job,
      worker: job.name,
      segment: lease => goOn(job, { lease, hands }),
      warned: text => failed('', new Error(text)),
    });
    const pump = new Pump(job, { hands, dispatch });
    while (!signal.aborted) {
      const found = await handOut(pump, failed);
      if (found === 'away') await pause(awayMs, { signal, going: hands.going });
      else if (found === 0) await pause(lookMs, { signal, going: hands.going });
    }
  } finally {
    await hands.close();
    await dispatch?.close();
  }
}

/** How many runs were put into the queue. */
async function handOut(pump: Pump, failed: Job['failed']): Promise<number | 'away'> {
  try {
    return await pump.turn();
  } catch (error) {
    if (error instanceof VigieError && !error.retryable) throw error;
    failed('', error);
    return 'away';
  }
}

/** Puts runs that can go on into the queue, and keeps them there until somebody takes them. */
class Pump {
  readonly #job: Job;
  readonly #hands: Hands;
  readonly #dispatch: Dispatch;
  #queued: Lease[] = [];
  #cleanAt = performance.now() + cleanMs;

  constructor(job: Job, { hands, dispatch }: { hands: Hands; dispatch: Dispatch }) {
    this.#job = job;
    this.#hands = hands;
    this.#dispatch = dispatch;
  }

  async turn(): Promise<number> {
    const { journal, name, most } = this.#job;
    const queued = this.#queued;
    // What could not be put there, or not be renewed, is free when its lease is over.
    this.#queued = [];
    const left = (await journal.renew(queued, leaseMs)).map(({ lease }) => lease);
    const room = most - this.#hands.count - left.length;
    const claimed = room > 0 ? await journal.claim(`queue:${name}`, { max: room, leaseMs }) : [];
    const fresh = claimed.map(({ lease }) => lease);
    await Promise.all(fresh.map(lease => this.#dispatch.put(lease)));
    this.#queued = [...left, ...fresh];
    if (performance.now() >= this.#cleanAt) {
      this.#cleanAt = performance.now() + cleanMs;
      await this.#dispatch.clean(leaseMs);
    }
    return claimed.length;
  }
}

/** Takes a run from the queue, where nobody has meanwhile, and goes on with it until it waits or ends. */
async function goOn(
  { journal, name, failed }: Job,
  { lease, hands }: { lease: Lease; hands: Hands },
): Promise<void> {
  try {
    const claimed = await journal.adopt(lease, name, leaseMs);
    if (claimed !== undefined) await hands.take(claimed);
  } catch (error) {
    // Its lease is over in a while, and another segment goes on with it.
    failed(lease.run, error);
  }
}
