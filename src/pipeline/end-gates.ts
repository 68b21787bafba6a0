import { auditFacts } from './audit-facts.ts';
import type { Vigie } from './vigie.ts';

/**
 * Ends the gates of a run that has ended, or of one of its steps (`path`) that is over or asks anew: what is open can be approved no
 * more, and what was approved counts no more. It is void, not rejected: nobody said no. @throws VigieError STORE
 */
export async function endGates(vigie: Vigie, { run, path }: { run: string; path?: string }): Promise<void> {
  const store = await vigie.store();
  for (const id of await store.gates.standing({ run, ...(path === undefined ? {} : { path }) })) {
    const { actor, environment } = await store.changes.get(id);
    // A row that says so is not enough: another's gate is theirs.
    if (actor.run !== run) continue;
    const why = path === undefined ? 'the run that it was for has ended' : 'its step is over, or asks anew';
    await store.gates.end({
      id,
      audit: {
        event: 'voided',
        changeId: id,
        environment,
        facts: await auditFacts(vigie, { actor, more: { run, why } }),
      },
    });
  }
}
