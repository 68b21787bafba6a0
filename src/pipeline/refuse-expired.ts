import { VigieError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';

/** The time in the sealed plan decides: the one in the ticket's row can be moved by whoever may write the store. @throws VigieError TICKET_CLOSED */
export function refuseExpired(plan: Plan, now: Date): void {
  const end = Date.parse(plan.expiresAt);
  // A time that is no time is not greater than now either.
  if (end > now.getTime()) return;
  throw new VigieError('TICKET_CLOSED', `Ticket ${plan.id} could be decided until ${plan.expiresAt}.`, {
    hint: 'Ask for the change again.',
    details: { state: 'expired' },
  });
}
