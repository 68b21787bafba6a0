import { VigieError } from '../core/errors.ts';
import type { CallResult } from '../core/result.ts';
import { settle } from '../pipeline/settle.ts';
import type { Vigie } from '../pipeline/vigie.ts';

/**
 * Lets a ticket go by the automatic approver of a sandbox that this process started itself; nothing else has one.
 * @throws VigieError SANDBOX
 */
export async function answerBySandbox(
  vigie: Vigie,
  ticket: { id: string; signal: AbortSignal; progress(message: string): void },
): Promise<CallResult> {
  const { environment } = await (await vigie.store()).changes.get(ticket.id);
  const by = vigie.environments.find(each => each.view.name === environment)?.autoApprover;
  if (by === undefined)
    throw new VigieError(
      'SANDBOX',
      "This environment does not answer by itself, so it is not the demo's own.",
    );
  return settle(vigie, { ...ticket, by });
}
