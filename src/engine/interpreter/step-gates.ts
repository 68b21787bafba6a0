import type { CallGate } from '../../pipeline/call.ts';
import { isUnder } from './is-under.ts';

/** What an approval step came to, for the steps that it is for. */
export interface PassedGate extends Omit<CallGate, 'path'> {
  /** The list of steps that it stands in, as the paths of its steps begin. */
  list: string;
  /** Ids of the steps that it is for. */
  ids: readonly string[];
  /** True: nobody agreed, and they are left out. */
  leavesOut: boolean;
}

/** Which steps of a run go under which gate. Known anew whenever the run is gone through: the steps come after the gate. */
export class StepGates {
  readonly #passed: PassedGate[] = [];
  readonly #under = new Map<string, PassedGate>();

  pass(gate: PassedGate): void {
    this.#passed.push(gate);
  }

  /** The gate that a step goes under which is reached now; undefined: none. */
  reach(step: { id: string | undefined; path: string }): PassedGate | undefined {
    const { id, path } = step;
    const gate = this.#passed.findLast(
      each => id !== undefined && each.ids.includes(id) && path.startsWith(each.list),
    );
    if (gate !== undefined) this.#under.set(path, gate);
    return gate;
  }

  /** What a call at a path says of its gate; undefined: it goes under none. Of two the innermost, which was asked last. */
  of(path: string): CallGate | undefined {
    const [nearest] = [...this.#under]
      .filter(([step]) => isUnder(path, step))
      .toSorted(([one], [other]) => other.length - one.length);
    const [, gate] = nearest ?? [];
    if (gate === undefined) return undefined;
    const { tickets, from, seats } = gate;
    return { path, tickets, from, seats };
  }
}
