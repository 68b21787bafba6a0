import type { Storm } from '../../core/journal.ts';
import { auditFacts } from '../../pipeline/audit-facts.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import type { Trigger } from './start-by-trigger.ts';

/** Says once that starts are held: a row of the audit and a line of the log. How many, `vigie triggers` shows. */
export async function reportStorm(
  vigie: Vigie,
  { storm, trigger: { kind, name } }: { storm: Storm; trigger: Trigger },
): Promise<void> {
  const { environment, since } = storm;
  const about = { environment, playbook: storm.name ?? 'all', since: new Date(since).toISOString() };
  vigie.log.warn('triggers.storm', { ...about, by: `${kind}:${name}`, more: 'vigie triggers' });
  const actor = {
    kind: 'trigger',
    name: `${kind}:${name}`,
    via: 'trigger',
    onBehalfOf: `${kind}:${name}`,
  } as const;
  const { audit } = await vigie.store();
  await audit.append({
    event: 'storm_held',
    environment,
    facts: await auditFacts(vigie, { actor, more: { playbook: about.playbook, since: about.since } }),
  });
}
