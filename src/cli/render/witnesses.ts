import { cleanLine } from '../../core/text.ts';
import type { WitnessView } from '../../pipeline/testimony.ts';

/** What a witness says of a chain of so many rows, in one line. */
export function describeWitness(view: WitnessView, rows: number): string {
  switch (view.state) {
    case 'agrees':
      return `${extent(view.upTo)} by ${view.name}${rest(view.upTo, rows)}`;
    case 'lost':
      return `${view.name} took row ${view.told}, and has ${view.upTo === 0 ? 'no row' : `none above row ${view.upTo}`} now: lines are gone`;
    case 'unreadable':
      return `${view.name} cannot be read back (${cleanLine(view.why)}); ${view.told === 0 ? 'it took nothing yet' : `it took rows up to ${view.told}`}${rest(view.told, rows)}`;
  }
}

function extent(upTo: number): string {
  return upTo === 0 ? 'nothing is witnessed' : `witnessed up to ${upTo}`;
}

function rest(upTo: number, rows: number): string {
  return upTo < rows ? `, unwitnessed since ${upTo + 1}` : '';
}
