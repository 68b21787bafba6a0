import { nearestNames, type Steps } from '../../core/nearest.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';

/** What comparing may cost for one playbook: ten thousand slips in one file would be compared for minutes. */
const mostSteps = 5_000_000;

/** The names that an author may have meant; for a playbook that is made of wrong ones, after a while none. */
export class NearNames {
  readonly #steps: Steps = { left: mostSteps };

  /** `Did you mean …?`; where no name is near, `otherwise`. */
  fix(wanted: string, names: Iterable<string>, otherwise: Trusted): Trusted {
    const nearest = this.of(wanted, names);
    return nearest.length > 0 ? trusted`Did you mean ${nearest}?` : otherwise;
  }

  of(wanted: string, names: Iterable<string>): string[] {
    return this.#steps.left > 0 ? nearestNames(wanted, names, { steps: this.#steps }) : [];
  }
}
