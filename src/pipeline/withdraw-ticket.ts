import { VigieError } from '../core/errors.ts';
import { auditFacts } from './audit-facts.ts';
import { readTicket } from './recheck.ts';
import type { Vigie } from './vigie.ts';

/**
 * Closes an open ticket that a run of a playbook asked for and waits for no longer. It is void, not rejected: nobody said
 * no, so the same change can be asked for again at once. What is closed already, another's or unknown stays as it is.
 * @throws VigieError UNKNOWN_ENVIRONMENT, STORE
 */
export async function withdrawTicket(vigie: Vigie, { id, run }: { id: string; run: string }): Promise<void> {
  try {
    const { plan } = await readTicket(vigie, id);
    if (plan.actor.run !== run) return;
    const store = await vigie.store();
    await store.changes.close({
      id: plan.id,
      from: 'waiting',
      to: 'void',
      audit: {
        event: 'voided',
        changeId: plan.id,
        environment: plan.environment,
        facts: await auditFacts(vigie, {
          actor: plan.actor,
          plan,
          more: { run, why: 'the run that asked for it has ended' },
        }),
      },
    });
  } catch (error) {
    // Somebody settled it in this very moment, or it was never recorded: there is nothing left to close.
    if (!(error instanceof VigieError && (error.code === 'TICKET_CLOSED' || error.code === 'UNKNOWN_CHANGE')))
      throw error;
  }
}
