import type { ClaimedRun } from '../../core/journal.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { PlaybookInput } from '../../core/playbook.ts';
import type { Evaluator } from '../language/expressions/evaluator.ts';
import { fillIn } from '../language/expressions/fill-in.ts';

/** What expressions of a run see beside its steps. */
export function valuesOf({
  lease,
  environment,
  startedAt,
  input,
  startedBy,
}: Omit<ClaimedRun, 'steps'>): JsonObject {
  const run = { id: lease.run, environment, startedAt: new Date(startedAt).toISOString() };
  return { inputs: input, run, trigger: startedBy['trigger'] ?? {} };
}

/** What expressions of a run see. One within a loop or a branch sees what is around it, and nobody outside sees into it. */
export class Scope {
  readonly #evaluator: Evaluator;
  readonly #inputs: { [name: string]: PlaybookInput };
  readonly #values: JsonObject;
  readonly #steps: Map<string, JsonObject>;

  private constructor(parts: {
    evaluator: Evaluator;
    inputs: { [name: string]: PlaybookInput };
    values: JsonObject;
    steps: Map<string, JsonObject>;
  }) {
    this.#evaluator = parts.evaluator;
    this.#inputs = parts.inputs;
    this.#values = parts.values;
    this.#steps = parts.steps;
  }

  /** `values`: inputs, run and trigger. */
  static of(parts: {
    evaluator: Evaluator;
    inputs: { [name: string]: PlaybookInput };
    values: JsonObject;
  }): Scope {
    return new Scope({ ...parts, steps: new Map() });
  }

  /** Of a run that this one calls: with its own values, by the same evaluator. */
  ofCalled(parts: { inputs: { [name: string]: PlaybookInput }; values: JsonObject }): Scope {
    return Scope.of({ ...parts, evaluator: this.#evaluator });
  }

  /** What evaluates, for what is no step. */
  get evaluator(): Pick<Evaluator, 'evaluate'> {
    return this.#evaluator;
  }

  /** The same with an item of a loop, and with steps of its own. */
  within(more: JsonObject = {}): Scope {
    return new Scope({
      evaluator: this.#evaluator,
      inputs: this.#inputs,
      values: { ...this.#values, ...more },
      steps: new Map(this.#steps),
    });
  }

  /** What a step came to; `output` is absent where it failed. */
  learn(id: string | undefined, { ok, output }: { ok: boolean; output?: Json }): void {
    if (id !== undefined) this.#steps.set(id, { ok, ...(output === undefined ? {} : { output }) });
  }

  /** Takes over what steps within came to, of a branch that every later step can see. */
  learnFrom(inner: Scope): void {
    for (const [id, value] of inner.#steps) this.#steps.set(id, value);
  }

  /** What a step came to; undefined: it was not reached, or failed. */
  outputOf(id: string): Json | undefined {
    return this.#steps.get(id)?.['output'];
  }

  /** What the steps with an id came to, that the one around has not. */
  outputsSince(outer: Scope): JsonObject {
    const own = [...this.#steps].filter(([id]) => !outer.#steps.has(id));
    return Object.fromEntries(own.map(([id, { output }]) => [id, output ?? null]));
  }

  /** What was slow before counts no more. */
  forgive(): void {
    this.#evaluator.forgive();
  }

  /** @throws VigieError EXPRESSION */
  async evaluate(source: string, more: JsonObject = {}): Promise<Json> {
    // All that is handed over is copied: of the steps, those whose id stands in the expression.
    const steps = Object.fromEntries([...this.#steps].filter(([id]) => source.includes(id)));
    const values = { ...this.#values, ...more, steps };
    return this.#evaluator.evaluate(source, { values, inputs: this.#inputs });
  }

  /** Arguments with every expression replaced. @throws VigieError EXPRESSION */
  async fill(value: JsonObject): Promise<JsonObject> {
    const filled = await fillIn(value, source => this.evaluate(source));
    return filled as JsonObject;
  }

  async fillAny(value: Json): Promise<Json> {
    return fillIn(value, source => this.evaluate(source));
  }
}
