import type { Check } from '../../desk/checks/check.ts';
import type { WitnessView } from '../../pipeline/testimony.ts';
import { describeWitness } from '../render/witnesses.ts';

const guide = 'docs/guides/witness.md';

/** The chain that witnesses speak of. */
interface Chain {
  area: string;
  rows: number;
  /** When a row was recorded, ISO 8601; undefined: there is none. */
  at: (sequence: number) => Promise<string | undefined>;
}

/** Who witnesses the audit, up to where, and since when nobody does. */
export async function* witnessChecks(witnesses: readonly WitnessView[], chain: Chain): AsyncIterable<Check> {
  const { area } = chain;
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
async function firstOf(view: WitnessView, { rows, at }: Chain): Promise<string> {
  const first = (view.state === 'unreadable' ? view.told : view.upTo) + 1;
  const when = first > rows ? undefined : await at(first);
  return when === undefined ? '' : `; row ${first} is of ${when}`;
}

function todoOf(view: WitnessView): string {
  if (view.system === 'journal') return `To read it, be in the group systemd-journal, or root: ${guide}`;
  if (view.state === 'lost')
    return `Find out who took them away. It is told nothing until it has them again, or vigie.yaml names another place: ${guide}`;
  return 'Mend it, then look again: vigie doctor. What it has missed it is told then, or by a daemon within ten minutes.';
}
