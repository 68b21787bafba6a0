import { VigieError } from '../../core/errors.ts';
import type { ToolAnswer } from './mcp-client.ts';

/** The id of the ticket that a call ended with. @throws VigieError SANDBOX where it did not end with one */
export function ticketOf(answer: ToolAnswer): string {
  const { id, status } = answer.data;
  if (status === 'approval_required' && typeof id === 'string') return id;
  throw new VigieError('SANDBOX', `The demo expected a ticket and got: ${answer.text.split('\n')[0] ?? ''}`);
}
