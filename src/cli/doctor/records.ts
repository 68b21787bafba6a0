import type { Check } from '../../desk/checks/check.ts';
import { readKillSwitch } from '../../pipeline/kill-switch.ts';
import { proveAudit } from '../../pipeline/prove-audit.ts';
import { type Recovered, recover } from '../../pipeline/recover.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { budgetChecks } from './budgets.ts';
import { witnessChecks } from './witnesses.ts';

const area = 'records';
/** Older interrupted changes were reported when they were new. */
const mostInterrupted = 20;

export async function* recordChecks(vigie: Vigie, signal: AbortSignal): AsyncIterable<Check> {
  const { changes, audit } = await vigie.store();
  // What a witness missed while it was away goes out now; one that has lost lines is not told, and shows below.
  await vigie.witnessing.tell();
  const verdict = await proveAudit(vigie);
  if (!verdict.ok)
    yield {
      area,
      state: 'wrong',
      what: `the audit is broken at row ${verdict.sequence}: ${verdict.what}`,
      todo: 'Compare it with an exported copy: vigie audit export',
    };
  else
    yield {
      area,
      state: 'fine',
      what: `store and audit are whole: ${verdict.rows} rows, head ${verdict.head.slice(0, 16)}`,
    };
  if (verdict.ok)
    yield* witnessChecks(verdict.witnesses, {
      area,
      rows: verdict.rows,
      at: async sequence => (await audit.list({ limit: 1, before: sequence + 1 }))[0]?.at,
    });
  if (verdict.ok && verdict.clockBack.length > 0)
    yield {
      area,
      state: 'note',
      what: `the clock was set back before rows ${verdict.clockBack.join(', ')}`,
      todo: 'Let this machine keep time by NTP.',
    };
  const { on, by, why } = await readKillSwitch(vigie);
  if (on)
    yield {
      area,
      state: 'note',
      what: `the kill switch is on, by ${by}${why === '' ? '' : `: ${why}`}; no change leaves this Vigie`,
      todo: 'vigie kill-switch off',
    };
  else yield { area, state: 'fine', what: 'the kill switch is off' };
  yield* budgetChecks(vigie);
  for (const found of await recover(vigie, signal)) yield recoveredCheck(found);
  const interrupted = await changes.list({ states: ['interrupted'], limit: mostInterrupted });
  for (const { id, summary, undoneBy } of interrupted) {
    if (undoneBy === undefined)
      yield {
        area,
        state: 'note',
        what: `${id} was interrupted and never undone: ${summary}`,
        todo: `vigie changes get ${id}`,
      };
  }
}

function recoveredCheck({ id, state, evidence }: Recovered): Check {
  const said = evidence.join(' ');
  if (state === 'done')
    return {
      area,
      state: 'note',
      what: `${id}: its process had died; it is done and healthy`,
      todo: `vigie changes get ${id}`,
    };
  if (state === 'executing')
    return {
      area,
      state: 'wrong',
      what: `${id}: its process died, and its cluster cannot be asked: ${said}`,
      todo: 'Run vigie doctor again where its own cluster answers.',
    };
  return {
    area,
    state: 'wrong',
    what: `${id}: its process died. ${said}`,
    todo: `vigie changes get ${id}`,
  };
}
