import { type Journal, ticketKey } from './core/journal.ts';
import type { AuditEvent } from './store/audit-row.ts';
import type { ChangeRecord } from './store/change-reader.ts';
import type { Logger } from './telemetry/logger.ts';

// Whoever settles a ticket executes it, in a process that knows nothing of the run that asked for it. When the ticket has
// ended, that run is told. Should the process die in between, the run looks by itself (attempt-call.ts).

/** The row that a change has ended is not on disk yet when it is heard of. */
const soonMs = 20;

/** After these a ticket is over without anything having been sent; a gate waits for its run from then on. */
const unsent: ReadonlySet<AuditEvent> = new Set([
  'rejected',
  'expired',
  'voided',
  'plan_changed',
  'recovered',
  'held',
]);
/** After these one is over that was approved here. */
const sent: ReadonlySet<AuditEvent> = new Set(['finished', 'returned']);

/** Tells runs of playbooks that the tickets which they wait for are over. */
export class Waking {
  readonly #parts: {
    changes: () => Promise<{ get(id: string): Promise<ChangeRecord> }>;
    journal: () => Promise<Journal>;
    log: Logger;
  };
  readonly #approved = new Set<string>();
  readonly #over = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> = Promise.resolve();

  constructor(parts: {
    changes: () => Promise<{ get(id: string): Promise<ChangeRecord> }>;
    /** Opened for each telling, and closed after it. */
    journal: () => Promise<Journal>;
    log: Logger;
  }) {
    this.#parts = parts;
  }

  /** What goes by without a ticket wakes nobody: its run is the one that called. */
  heard(event: AuditEvent, change: string | undefined): void {
    if (change === undefined) return;
    if (event === 'approved') this.#approved.add(change);
    if (event === 'held') this.#approved.delete(change);
    if (!unsent.has(event) && !(sent.has(event) && this.#approved.delete(change))) return;
    this.#over.add(change);
    this.#timer ??= setTimeout(() => this.#tellSoon(), soonMs);
  }

  /** Resolves when all that was heard has been told. */
  async settle(): Promise<void> {
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#tellSoon();
    }
    await this.#telling;
  }

  #tellSoon(): void {
    this.#timer = undefined;
    const over = [...this.#over];
    this.#over.clear();
    this.#telling = this.#telling.then(() => this.#tell(over));
  }

  /** No decision fails because nobody could be told of it. */
  async #tell(over: readonly string[]): Promise<void> {
    let journal: Journal | undefined;
    try {
      const changes = await this.#parts.changes();
      for (const id of over) {
        const { actor, state } = await changes.get(id);
        if (actor.kind !== 'playbook' || actor.run === undefined) continue;
        journal ??= await this.#parts.journal();
        await journal.send({ run: actor.run, key: ticketKey(id), id, payload: { state } });
      }
    } catch (error) {
      this.#parts.log.warn('runs.waking', { why: error instanceof Error ? error.message : String(error) });
    } finally {
      await journal?.close();
    }
  }
}
