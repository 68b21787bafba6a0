import { VigieError } from '../../core/errors.ts';
import { type Failed, Hands, leaseMs } from './hands.ts';
import type { Surroundings } from './run-context.ts';

/** How often it looks for work that nobody told it of. */
const pollMs = 500;
/** A store that is away for a while is asked again after that long. */
const awayMs = 2_000;

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
  failed: Failed;
}

/** Goes on with runs until its signal says stop, and then when what it began has come to where it can stop. */
export async function work(job: WorkerJob): Promise<void> {
  const hands = new Hands(job);
  try {
    while (!job.signal.aborted) {
      const claimed = await claimSome(job, job.most - hands.count);
      for (const each of claimed ?? []) void hands.take(each);
      if (claimed === undefined || claimed.length === 0)
        await pause(claimed === undefined ? awayMs : pollMs, { signal: job.signal, going: hands.going });
    }
  } finally {
    await hands.close();
  }
}

type Claimed = Awaited<ReturnType<Surroundings['journal']['claim']>>;

/** Undefined: the store is away, and comes back by itself. */
async function claimSome(
  { around, name, only, failed }: WorkerJob,
  max: number,
): Promise<Claimed | undefined> {
  if (max <= 0) return [];
  try {
    return await around.journal.claim(name, { max, leaseMs, ...(only === undefined ? {} : { only }) });
  } catch (error) {
    if (!(error instanceof VigieError && error.code === 'STORE' && error.retryable)) throw error;
    failed('', error);
    return undefined;
  }
}

/** Until then, or until the worker is stopped or has let go of a run. */
export async function pause(
  ms: number,
  { signal, going }: { signal: AbortSignal; going: ReadonlySet<Promise<void>> },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([promise, ...going]);
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
}
