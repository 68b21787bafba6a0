import { setTimeout as sleep } from 'node:timers/promises';
import { VigieError } from '../../core/errors.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Waiting } from './kind.ts';

const firstPauseMs = 300;
const longestPauseMs = 2_000;

/** A look that came to no end yet: what is told meanwhile, and the evidence if the time is over. */
interface NotYet {
  saying: string;
  late(): Promise<string[]>;
}

/** Looks again and again until a look comes to an end, or the time is over: then what it waits for is unverified. */
export async function lookUntil(waiting: Waiting, look: () => Promise<Outcome | NotYet>): Promise<Outcome> {
  let said = '';
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 1.6, longestPauseMs)) {
    const seen = await unlessPassing(look, waiting.deadlineMs);
    if (seen !== undefined && 'state' in seen) return seen;
    const leftMs = waiting.deadlineMs - Date.now();
    if (seen !== undefined) {
      if (leftMs <= 0) return { state: 'unverified', evidence: await seen.late() };
      if (seen.saying !== said) waiting.progress(seen.saying);
      said = seen.saying;
    }
    await sleep(Math.max(0, Math.min(pause, leftMs)), undefined, { signal: waiting.signal });
  }
}

/** Undefined where the cluster could not be asked, and there is time to ask again. */
async function unlessPassing<Seen>(look: () => Promise<Seen>, deadlineMs: number): Promise<Seen | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof VigieError && error.retryable && Date.now() < deadlineMs) return undefined;
    throw error;
  }
}
