import { VigieError } from '../core/errors.ts';
import type { CallResult } from '../core/result.ts';
import { rejectTicket, settle } from '../pipeline/settle.ts';
import type { AutoApprover, Vigie } from '../pipeline/vigie.ts';

/**
 * Lets a ticket go by the automatic approver of a sandbox that this process started itself; nothing else has one.
 * @throws VigieError SANDBOX
 */
export async function answerBySandbox(
  vigie: Vigie,
  ticket: { id: string; signal: AbortSignal; progress(message: string): void },
): Promise<CallResult> {
  return settle(vigie, { ...ticket, by: await approverOf(vigie, ticket.id) });
}

/** Says no to a ticket, as a person would, in such a sandbox alone. @throws VigieError SANDBOX */
export async function refuseBySandbox(vigie: Vigie, id: string): Promise<CallResult> {
  await approverOf(vigie, id);
  return rejectTicket(vigie, { id, person: 'sandbox' });
}

async function approverOf(vigie: Vigie, id: string): Promise<AutoApprover> {
  const { environment } = await (await vigie.store()).changes.get(id);
  const by = vigie.environments.find(each => each.view.name === environment)?.autoApprover;
  if (by !== undefined) return by;
  throw new VigieError('SANDBOX', "This environment does not answer by itself, so it is not the demo's own.");
}
