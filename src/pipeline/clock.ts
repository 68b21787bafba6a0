import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Environment, Reach } from './vigie.ts';

/**
 * Refuses a change while this machine and the API server disagree on the time: expiry and freeze would be guesses.
 * A sandbox's time is moved on purpose and vouches for nothing.
 * @throws VigieError CLOCK_SKEW
 */
export function checkClock(
  reach: Pick<Reach, 'serverTime'>,
  { environment, now }: { environment: Pick<Environment, 'view'>; now: Date },
): void {
  if (environment.view.kind === 'sandbox') return;
  const server = reach.serverTime();
  if (server === undefined) return;
  const skewMs = Math.abs(now.getTime() - server.getTime());
  if (skewMs <= limits.clockSkewMs) return;
  throw new VigieError(
    'CLOCK_SKEW',
    `This machine says ${now.toISOString()}, the API server ${server.toISOString()}.`,
    {
      hint: 'Set the clock (timedatectl), then try again.',
      details: { skewSeconds: Math.round(skewMs / 1000) },
    },
  );
}
