import { describeRef } from '../../core/ref.ts';
import { changedSince } from '../../pipeline/changed-since.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import type { Check } from './check.ts';

/** What was changed before those is seldom looked after by Vigie any more; each costs a few requests. */
const mostChanges = 10;

/** What others wrote on objects that Vigie changed lately: beside it, where nothing can keep them from it. */
export async function* othersChecks(
  vigie: Vigie,
  { environment, signal }: { environment: string; signal: AbortSignal },
): AsyncIterable<Check> {
  const { changes } = await vigie.store();
  const recent = await changes.list({ environment, states: ['done', 'unverified'], limit: mostChanges });
  const seen = new Set<string>();
  let clean = 0;
  for (const record of recent) {
    // What took it back is a change of its own, and newer.
    if (record.undoneBy !== undefined) continue;
    const targets = record.targets.map(describeRef);
    // What a later change wrote on the same objects was looked at with it.
    if (targets.every(target => seen.has(target))) continue;
    for (const target of targets) seen.add(target);
    const lines = await changedSince(vigie, { record, signal });
    if (lines.length === 0) clean += 1;
    for (const line of lines)
      yield {
        area: environment,
        state: 'note',
        what: `${record.id}: ${line}`,
        todo: `Look at what Vigie did: vigie changes get ${record.id}`,
      };
  }
  if (clean > 0)
    yield {
      area: environment,
      state: 'fine',
      what: `nobody else shows on the objects of ${clean} of the newest changes`,
    };
}
