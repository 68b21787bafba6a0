import { VigieError } from '../../core/errors.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Heeding } from './heed-changes.ts';
import type { Waiting } from './kind.ts';

const firstPauseMs = 200;
const longestPauseMs = 2_000;

/** A look that came to no end yet: what is told meanwhile, and the evidence if the time is over. */
interface NotYet {
  saying: string;
  late(): Promise<string[]>;
  /** Begins to watch for what would change it; asked once. Absent: time alone tells when to look again. */
  heed?(): Heeding;
}

/**
 * Looks again and again until a look comes to an end, or the time is over: then what it waits for is unverified.
 * `unbroken` is false where the cluster could not be asked since the look before.
 */
export async function lookUntil(
  waiting: Waiting,
  look: (since: { unbroken: boolean }) => Promise<Outcome | NotYet>,
): Promise<Outcome> {
  const { patience, deadlineMs, signal } = waiting;
  let said = '';
  let unbroken = true;
  let heeding: Heeding | undefined;
  try {
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 1.6, longestPauseMs)) {
      const seen = await unlessPassing(() => look({ unbroken }), waiting);
      unbroken = seen !== undefined;
      if (seen !== undefined && 'state' in seen) return seen;
      const leftMs = deadlineMs - patience.nowMs();
      if (seen !== undefined) {
        if (leftMs <= 0) return { state: 'unverified', evidence: await seen.late() };
        if (seen.saying !== said) waiting.progress(seen.saying);
        said = seen.saying;
        heeding ??= seen.heed?.();
      }
      const ms = Math.max(0, Math.min(pause, leftMs));
      if (seen === undefined || heeding === undefined) await patience.pause(ms, signal);
      else await heeding.next({ ms, signal, patience });
    }
  } finally {
    heeding?.stop();
  }
}

/** Undefined where the cluster could not be asked, and there is time to ask again. */
async function unlessPassing<Seen>(
  look: () => Promise<Seen>,
  { deadlineMs, patience }: Waiting,
): Promise<Seen | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof VigieError && error.retryable && patience.nowMs() < deadlineMs) return undefined;
    throw error;
  }
}
