import type { RunsDoor } from './cli/program.ts';
import type { Logger } from './telemetry/logger.ts';

/** Most of them wait for people; each looks twice a second whether it may go on, which costs a look at the journal. */
const mostRuns = 30;
/** With the runs that it calls. */
const mostOfOne = 10;
/** How often it is looked which have ended, and only while there are any. */
const lookMs = 2_000;
/** Of a journal, to find them among the newest. */
const newest = 200;

/** The runs that this process goes on with: those that were started here, and no others of the same home. */
export class RunsGoingOn {
  readonly #runs: RunsDoor;
  readonly #log: Logger;
  readonly #going = new Map<string, { stop: AbortController; worked: Promise<void> }>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(runs: RunsDoor, log: Logger) {
    this.#runs = runs;
    this.#log = log;
  }

  /** False: there are too many already, so somebody else has to. */
  goOn(id: string): boolean {
    if (this.#going.has(id)) return true;
    if (this.#closed || this.#going.size >= mostRuns) return false;
    const stop = new AbortController();
    const failed = (run: string, error: unknown): void =>
      this.#log.error('runs.worker', { run, error: error instanceof Error ? error.message : String(error) });
    const worked = this.#runs
      .work({ most: mostOfOne, only: id, signal: stop.signal, said: () => {}, failed })
      .catch((error: unknown) => failed(id, error))
      .finally(() => this.#going.delete(id));
    this.#going.set(id, { stop, worked });
    this.#lookLater();
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const all = [...this.#going.values()];
    for (const { stop } of all) stop.abort();
    await Promise.all(all.map(({ worked }) => worked));
  }

  #lookLater(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#look()
        // The next look may do better; who goes on with a run says what is wrong.
        .catch(() => {})
        .finally(() => {
          this.#timer = undefined;
          if (this.#going.size > 0) this.#lookLater();
        });
    }, lookMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const { journal } = this.#runs;
    const listed = new Map((await journal.list({ max: newest })).map(run => [run.id, run]));
    for (const [id, { stop }] of this.#going) {
      const run = listed.get(id) ?? (await journal.get(id));
      if (run === undefined || run.endedAt !== undefined) stop.abort();
    }
  }
}
