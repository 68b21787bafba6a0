import type { PlaybookMistake } from '../../../core/playbook.ts';
import { caps } from '../caps.ts';
import { NearNames } from '../near-names.ts';
import { mistakeAt, type Place, type Positions } from '../read-playbook.ts';

/** An expression as it stands in the file: of the nth `${{` of a value, or the value itself. */
export interface WrittenExpression {
  place: Place;
  source: string;
  /** Absent: it stands alone, with `${{ }}` around it or not. */
  nth?: number;
  /** Blanks between `${{` and it. */
  lead?: number;
}

/** They are not found in the order of the file, in which the first are told. */
const roundsOfMistakes = 10;

/** Gathers what is wrong with one playbook, each where it stands. */
export class Report {
  readonly mistakes: PlaybookMistake[] = [];
  readonly near = new NearNames();
  readonly #positions: Positions;

  constructor(positions: Positions) {
    this.#positions = positions;
  }

  /** True once there is more than anybody is told: what is worse than wrong need not be looked through. */
  get full(): boolean {
    return this.mistakes.length >= caps.mistakes * roundsOfMistakes;
  }

  add(place: Place, mistake: { message: string; fix: string }): void {
    if (this.full) return;
    this.mistakes.push(mistakeAt(this.#positions, place, mistake));
  }

  /** A mistake `at` so many characters into an expression; of several lines, at its beginning. */
  addIn(
    { place, source, nth, lead = 0 }: WrittenExpression,
    { at, ...mistake }: { at: number; message: string; fix: string },
  ): void {
    if (this.full) return;
    const found = mistakeAt(this.#positions, place, mistake);
    // A quote or a backslash may be written otherwise in YAML: the mark ends before the first.
    const mark = nth === undefined ? (/^[^"'\\\n]{1,40}/.exec(source)?.[0] ?? source.slice(0, 1)) : '${{';
    const { line, column } = this.#positions.markAt(place, { mark, nth: nth ?? 0 });
    const into = source.includes('\n') ? 0 : at + (nth === undefined ? 0 : 3 + lead);
    this.mistakes.push({ ...found, line, column: column + into });
  }
}
