import type { StepRecord } from '../../core/journal.ts';
import { isObject, textOf, textsIn } from '../../core/json.ts';

/** Where it is kept how changes were taken back. No step's id begins so. */
export const undoPath = '.undo/';

/** What was recorded of a run when its worker took it, and since. */
export class Records {
  readonly #byPath = new Map<string, StepRecord[]>();

  constructor(steps: readonly StepRecord[]) {
    for (const step of steps) this.add(step);
  }

  /** In place of what stood there of the same attempt. */
  add(step: StepRecord): void {
    const others = (this.#byPath.get(step.path) ?? []).filter(({ attempt }) => attempt !== step.attempt);
    this.#byPath.set(
      step.path,
      [...others, step].toSorted((a, b) => a.attempt - b.attempt),
    );
  }

  /** The newest attempt at a path; undefined: it was never begun. */
  last(path: string): StepRecord | undefined {
    return this.#byPath.get(path)?.at(-1);
  }

  /** Every attempt at a path, the oldest first. */
  all(path: string): readonly StepRecord[] {
    return this.#byPath.get(path) ?? [];
  }

  paths(): string[] {
    return [...this.#byPath.keys()];
  }

  /** The newest attempts of which only the intent is recorded. */
  unsettled(): StepRecord[] {
    return [...this.#byPath.values()]
      .flatMap(all => all.at(-1) ?? [])
      .filter(({ state }) => state === 'intent');
  }

  /** The paths of steps under which a change stands, or stood before it was taken back. */
  pathsOfChanges(): string[] {
    const all = [...this.#byPath.values()].flat();
    const made = all.filter(({ state, output, error }) =>
      state === 'done'
        ? textOf(output, 'change') !== ''
        : state === 'failed' && textOf(error, 'change') !== '',
    );
    return [...new Set(made.map(({ path }) => path).filter(path => !path.startsWith('.')))];
  }
}

/** What an attempt at a change is about, as its intent said; empty: it is none. */
export function resourcesOf(step: StepRecord | undefined): string[] {
  for (const kept of [step?.output, step?.error]) {
    const resources = isObject(kept) ? textsIn(kept['resources']) : [];
    if (resources.length > 0) return resources;
  }
  return [];
}
