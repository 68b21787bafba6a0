import type { WitnessView } from '../../pipeline/witnessed.ts';
import type { AuditLog } from '../../store/audit.ts';
import { describeWitness } from '../render/witnesses.ts';
import type { Check } from './check.ts';

const area = 'records';
const guide = 'docs/guides/witness.md';

/** Who witnesses the audit, up to where, and since when nobody does. */
export async function* witnessChecks(
  witnesses: readonly WitnessView[],
  chain: { audit: AuditLog; rows: number },
): AsyncIterable<Check> {
  if (witnesses.length === 0)
    yield {
      area,
      state: 'note',
      what: 'the audit has no witness: rows that are cut off, or all written anew, do not show',
      todo: `Name one in vigie.yaml: ${guide}`,
    };
  for (const view of witnesses) {
    const what = describeWitness(view, chain.rows);
    if (view.state === 'agrees' && view.failing === undefined) {
      yield { area, state: 'fine', what };
      continue;
    }
    const since =
      view.failing === undefined ? '' : `; failing since ${view.failing.since}: ${view.failing.why}`;
    yield {
      area,
      // The journal is there by itself, and many users may not read it.
      state: view.system === 'journal' ? 'note' : 'wrong',
      what: `${what}${since}${await firstOf(view, chain)}`,
      todo: todoOf(view),
    };
  }
}

/** When the first row was recorded that the witness does not have. */
async function firstOf(
  view: WitnessView,
  { audit, rows }: { audit: AuditLog; rows: number },
): Promise<string> {
  const upTo = view.state === 'unreadable' ? view.told : view.upTo;
  if (upTo >= rows) return '';
  const [row] = await audit.list({ limit: 1, before: upTo + 2 });
  return row === undefined ? '' : `; row ${row.sequence} is of ${row.at}`;
}

function todoOf(view: WitnessView): string {
  if (view.system === 'journal') return `To read it, be in the group systemd-journal, or root: ${guide}`;
  if (view.state === 'lost') return `Find out who took them away, and make the witness append-only: ${guide}`;
  return 'Mend it; the next change, or vigie doctor, tells it what it has missed.';
}
