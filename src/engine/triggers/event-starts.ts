import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { caps } from '../language/caps.ts';
import { Evaluator } from '../language/expressions/evaluator.ts';
import type { ClusterEvent } from './cluster-event.ts';
import type { EnabledPlaybook } from './enabled.ts';
import { EventQueue } from './event-queue.ts';
import {
  startByTrigger,
  type Trigger,
  type Triggered,
  type TriggerParts,
  valuesOf,
} from './start-by-trigger.ts';

/** Half a minute of ten thousand a minute, and some 10 MB of the largest. */
const mostWaiting = 5_000;
/** Looked at side by side: their starts share a write of the journal (group commit). */
const atOnce = 20;
/** Each is a name of 100 bytes. What is forgotten is looked at again, and the journal knows what it started. */
const mostKnown = 10_000;
/** What started nothing is told again each few seconds at worst, and costs a look at the journal or at policy each time. */
const notAgainMs = 60_000;
/** Clocks tell whole seconds, ours and the cluster's. */
const slackMs = 2_000;

/** What became of an event for one playbook. */
export interface EventCame {
  playbook: string;
  environment: string;
  event: ClusterEvent;
  came: Triggered;
}

/** Whoever wants to know. */
export interface EventListener {
  came: (what: EventCame) => void;
  /** What is wrong with a playbook, or with all: a sentence. */
  said: (text: string) => void;
  failed: (error: unknown) => void;
}

/** One playbook with what it remembers while a worker has it. */
interface Listening {
  enabled: EnabledPlaybook;
  evaluator: Evaluator;
  /** Events before it are of a time when nobody asked for them. */
  since: number;
  /** That its condition has no value for some events was told. */
  told: boolean;
}

/** Lets the events of one environment start runs. Whoever watches never waits for it. */
export class EventStarts {
  readonly #environment: string;
  readonly #parts: TriggerParts;
  readonly #listener: EventListener;
  readonly #queue = new EventQueue<{ event: ClusterEvent; at: number }>(mostWaiting);
  /** Until when what was told of an event counts; for good where it started a run. */
  readonly #known = new Map<string, number>();
  #listening: readonly Listening[] = [];
  #failed = false;

  constructor(input: { environment: string; parts: TriggerParts; listener: EventListener }) {
    this.#environment = input.environment;
    this.#parts = input.parts;
    this.#listener = input.listener;
  }

  /** These playbooks and no others from now on; what was slow in them is forgiven. @throws VigieError STORE */
  async listen(playbooks: readonly EnabledPlaybook[]): Promise<void> {
    const before = this.#listening;
    const listening: Listening[] = [];
    for (const enabled of playbooks) {
      const same = before.find(each => each.enabled.digest === enabled.digest);
      same?.evaluator.forgive();
      const since = same?.since ?? (await this.#since(enabled));
      const evaluator = same?.evaluator ?? new Evaluator({ mostSlowMs: caps.runSlowMs });
      listening.push({ enabled, evaluator, since, told: same?.told ?? false });
    }
    this.#listening = listening;
    this.#failed = false;
    await closeAll(before.filter(({ evaluator }) => !listening.some(each => each.evaluator === evaluator)));
    this.#tellDropped();
  }

  /** `at`: when it was last seen, by our clock. */
  hear(event: ClusterEvent, at: number): void {
    this.#queue.push({ event, at });
  }

  /** Looks at what was heard until it is stopped. */
  async work(): Promise<void> {
    for (let items = await this.#queue.next(atOnce); items.length > 0; items = await this.#queue.next(atOnce))
      for (const listening of this.#listening)
        await inParallel(items, { atOnce, task: item => this.#tryOne(listening, item) });
    await closeAll(this.#listening);
  }

  /** What still waits is left: whoever watches next hears of it again. */
  stop(): void {
    this.#queue.end();
  }

  /** Since when a playbook asks for events here, whichever worker it asked first. */
  async #since({ playbook }: EnabledPlaybook): Promise<number> {
    const { journal } = this.#parts;
    const schedule = listeningName(playbook.metadata.name, this.#environment);
    const now = journal.now();
    const since = await journal.lastTick(schedule, now);
    if (since === undefined) await journal.tick({ schedule, at: now });
    return since ?? now;
  }

  async #tryOne(listening: Listening, { event, at }: { event: ClusterEvent; at: number }): Promise<void> {
    const { playbook, digest, source } = listening.enabled;
    const { name } = playbook.metadata;
    const on = playbook.on.event;
    if (on === undefined || at + slackMs < listening.since || !this.#listening.includes(listening)) return;
    if (on.namespace !== undefined && on.namespace !== event.namespace) return;
    const known = `${name} ${event.id}`;
    if (this.#isKnown(known)) return;
    const trigger: Trigger = {
      kind: 'event',
      name: this.#environment,
      id: event.id,
      facts: { event: event.facts },
    };
    try {
      if (!(await this.#matches(listening, { match: on.match, trigger }))) return;
      const came = await startByTrigger(this.#parts, {
        playbook,
        digest,
        source,
        environment: this.#environment,
        trigger,
        inputs: on.inputs,
        dedupe: on.dedupe,
        cooldown: on.cooldown,
        // Where the playbook does not say: what is said of one object while its run goes on starts no second.
        alike: event.about,
      });
      this.#remember(known, came.is);
      this.#listener.came({ playbook: name, environment: this.#environment, event, came });
    } catch (error) {
      if (!(error instanceof VigieError)) throw error;
      // It is not known: told again, it is tried again. While a store is away it is the same for each.
      if (!this.#failed) this.#listener.failed(error);
      this.#failed = true;
    }
  }

  /** What has no value for an event matches none; it has none for the next thousand either, and is told once. */
  async #matches(
    listening: Listening,
    { match, trigger }: { match: string; trigger: Trigger },
  ): Promise<boolean> {
    try {
      return (await listening.evaluator.evaluate(match, { values: valuesOf(trigger) })) === true;
    } catch (error) {
      if (!(error instanceof VigieError) || error.code !== 'EXPRESSION') throw error;
      const { name } = listening.enabled.playbook.metadata;
      if (!listening.told)
        this.#listener.said(
          `${name}: an event in ${this.#environment} has nothing to match: ${error.message}`,
        );
      listening.told = true;
      return false;
    }
  }

  #isKnown(known: string): boolean {
    const until = this.#known.get(known);
    if (until === undefined || until === Number.POSITIVE_INFINITY) return until !== undefined;
    const left = until - this.#parts.journal.now();
    // More than that is left where the clock was set back.
    return left > 0 && left <= notAgainMs;
  }

  #remember(known: string, is: Triggered['is']): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= mostKnown && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(
      known,
      is === 'started' ? Number.POSITIVE_INFINITY : this.#parts.journal.now() + notAgainMs,
    );
  }

  #tellDropped(): void {
    const dropped = this.#queue.takeDropped();
    if (dropped > 0)
      this.#listener.said(
        `${this.#environment}: ${dropped} events were passed over: more came than could be looked at.`,
      );
  }
}

/** Under which name the journal knows since when a playbook asks for the events of an environment. */
export function listeningName(playbook: string, environment: string): string {
  return `events ${playbook}/${environment}`;
}

async function closeAll(listening: readonly Listening[]): Promise<void> {
  await Promise.all(listening.map(({ evaluator }) => evaluator.close()));
}
