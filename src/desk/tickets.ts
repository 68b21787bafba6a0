import { describeRef } from '../core/ref.ts';
import { environmentOf } from '../pipeline/look-up.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { asReadBy } from '../pipeline/visible-changes.ts';
import type { ChangeRecord } from '../store/change-reader.ts';
import type { Ticket } from './desk.ts';

/** More open tickets than a person can decide; `vigie changes list` pages through all. */
const mostTickets = 200;

/** The tickets that wait for a person, as `reader` is shown them. @throws VigieError UNKNOWN_ENVIRONMENT */
export async function openTickets(
  vigie: Vigie,
  { environment, reader }: { environment?: string; reader: string },
): Promise<{ now: string; tickets: Ticket[] }> {
  if (environment !== undefined) environmentOf(vigie, { environment });
  const { changes } = await vigie.store();
  await changes.expireDue();
  const open = await changes.list({
    states: ['waiting'],
    limit: mostTickets,
    ...(environment === undefined ? {} : { environment }),
  });
  return { now: vigie.now().toISOString(), tickets: (await asReadBy(vigie, open, { reader })).map(ticketOf) };
}

function ticketOf(record: ChangeRecord): Ticket {
  const { id, environment, tool, risk, summary, createdAt, digest, actor, expiresAt, reason } = record;
  return {
    id,
    environment,
    tool,
    risk,
    summary,
    targets: record.targets.map(describeRef),
    actor,
    digest,
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(reason === undefined ? {} : { reason }),
  };
}
