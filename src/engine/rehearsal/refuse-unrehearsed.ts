import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Playbook } from '../../core/playbook.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { milliseconds } from '../interpreter/retry.ts';
import { rehearsedWithin } from './record-rehearsal.ts';
import { wholeOf } from './whole-of.ts';

/**
 * Refuses a start that nobody watches while the playbook, or one that it calls, requires a rehearsal and there is none in
 * time. A person at a terminal needs none.
 * @throws VigieError NOT_REHEARSED, and whatever keeps its definitions or its cluster from being looked at
 */
export async function refuseUnrehearsed(
  given: Vigie,
  {
    order: { playbook, digest, environment, startedBy },
    definitionOf,
    signal,
  }: {
    order: { playbook: Playbook; digest: string; environment: string; startedBy: JsonObject };
    definitionOf: (name: string) => Promise<{ digest: string; source: string }>;
    signal: AbortSignal;
  },
): Promise<void> {
  if (isWatched(startedBy)) return;
  const whole = await wholeOf({ playbook, digest }, definitionOf);
  const required = whole.playbooks
    .flatMap(({ policy }) => policy.requireRehearsal ?? [])
    .toSorted((a, b) => milliseconds(a) - milliseconds(b));
  const [within] = required;
  if (within === undefined) return;
  // A worker lives for months, and environments come and go in vigie.yaml.
  const vigie = await given.inForce('read');
  const proof = await rehearsedWithin(vigie, {
    whole: whole.digest,
    environment,
    withinMs: milliseconds(within),
    signal,
  });
  if (proof !== undefined) return;
  const { name } = playbook.metadata;
  throw new VigieError(
    'NOT_REHEARSED',
    `${name} (${digest.slice(0, 8)}) was not rehearsed in ${environment} within ${within}, without which only a person starts it.`,
    {
      hint: trusted`vigie playbooks rehearse ${name} --environment ${environment}`,
      details: { playbook: name, environment, within },
    },
  );
}

/** Whether a person who sits at a terminal started it; a script or cron starts what nobody sees. */
export function isWatched(startedBy: JsonObject): boolean {
  const { kind, via, attended } = startedBy;
  return kind === 'person' && via === 'cli' && attended === true;
}
