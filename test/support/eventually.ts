import { vi } from 'vitest';

/** Longer than anything takes on a busy machine; a test that waits this long has failed. */
const waitMs = 60_000;
const pauseMs = 100;

/** Looks again until nothing is thrown, and returns what was seen then: for what others bring about a moment later. */
export function eventually<Seen>(look: () => Seen | Promise<Seen>): Promise<Seen> {
  return vi.waitFor(look, { timeout: waitMs, interval: pauseMs });
}
