import { VigieError } from '../../core/errors.ts';
import type { TriggerListener } from './listen.ts';
import { pauseFor } from './pause-for.ts';

/** A sender tries again for longer than that. */
const lookAgainMs = 2_000;

/**
 * Listens; or, where the address is taken, as soon as it is free: of several workers of one machine one listens, and the
 * next takes over when that ends. What goes wrong else is thrown at first, and told later.
 * @throws VigieError as openTriggers does
 */
export async function keepListening(
  open: () => Promise<TriggerListener>,
  tell: { listening: (url: string) => void; taken: () => void; failed: (error: unknown) => void },
): Promise<{ close(): Promise<void> }> {
  const attempt = async (): Promise<TriggerListener | undefined> => {
    try {
      const listener = await open();
      tell.listening(listener.url);
      return listener;
    } catch (error) {
      if (!isTaken(error)) throw error;
      return undefined;
    }
  };
  const first = await attempt();
  if (first !== undefined) return first;
  tell.taken();
  const stop = new AbortController();
  const later = wait(attempt, { signal: stop.signal, failed: tell.failed });
  return {
    async close() {
      stop.abort();
      await (await later)?.close();
    },
  };
}

async function wait(
  attempt: () => Promise<TriggerListener | undefined>,
  { signal, failed }: { signal: AbortSignal; failed: (error: unknown) => void },
): Promise<TriggerListener | undefined> {
  let wrong = '';
  while (!signal.aborted) {
    await pauseFor(lookAgainMs, signal);
    if (signal.aborted) return undefined;
    try {
      const listener = await attempt();
      if (listener !== undefined) return listener;
      wrong = '';
    } catch (error) {
      // The same each few seconds is told once.
      if (String(error) !== wrong) failed(error);
      wrong = String(error);
    }
  }
  return undefined;
}

function isTaken(error: unknown): boolean {
  return error instanceof VigieError && error.details['reason'] === 'EADDRINUSE';
}
