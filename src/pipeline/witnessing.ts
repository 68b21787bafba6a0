import { setTimeout as pause } from 'node:timers/promises';
import type { Witness, WitnessedRow } from '../clients/witness/witness.ts';
import { VigieError } from '../core/errors.ts';
import type { AuditLog } from '../store/audit.ts';
import type { AuditEvent } from '../store/audit-row.ts';
import type { Store } from '../store/store.ts';
import { type Told, witnessedEvents } from '../store/told-witnesses.ts';
import type { Logger } from '../telemetry/logger.ts';

// A witness is told after the record, never before or instead: no change waits for one or fails by one. What it missed is
// behind the last row it took, and goes out with the next telling, as the newest row alone, since that pins all before.

/** The answer of the change goes out first, and changes right behind one another are told as one. */
const soonMs = 250;
/** Of a witness that could not be told, in a process that lives long and makes no other change: a reboot later. */
const againMs = 10 * 60_000;
/** All of one telling or reading; a witness that takes longer is down for this time. */
const witnessMs = 10_000;
/** A one-shot command does not keep its person waiting for longer; what is left goes out with the next. */
const endMs = 2_000;

/** What one witness had to say when it was asked. */
export type Looked = { witness: Witness; told: Told } & ({ rows: WitnessedRow[] } | { unreadable: string });

/** Tells the witnesses of the audit what was recorded, and reads them back. */
export class Witnessing {
  readonly #witnesses: () => Promise<readonly Witness[]>;
  readonly #store: () => Promise<Store>;
  readonly #log: Logger;
  readonly #end = new AbortController();
  #due = false;
  #soon: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #telling: Promise<void> = Promise.resolve();

  /** `witnesses`: those in force now, asked for each time. */
  constructor(parts: {
    witnesses: () => Promise<readonly Witness[]>;
    store: () => Promise<Store>;
    log: Logger;
  }) {
    this.#witnesses = parts.witnesses;
    this.#store = parts.store;
    this.#log = parts.log;
  }

  /** A row was written: if it is one that witnesses are told of, they are told soon. */
  heard(event: AuditEvent): void {
    if (!witnessedEvents.includes(event)) return;
    this.#due = true;
    this.#soon ??= setTimeout(() => void this.tell(), soonMs).unref();
  }

  /** Tells every witness what it does not know yet. Never rejects: what failed is in the log and in doctor. */
  tell(): Promise<void> {
    clearTimeout(this.#soon);
    clearTimeout(this.#again);
    this.#soon = undefined;
    this.#again = undefined;
    this.#due = false;
    // One after the other: two at once would tell the same.
    this.#telling = this.#telling.then(() => this.#tellAll());
    return this.#telling;
  }

  /** Before the store is closed: what is due goes out within two seconds, or with the next process. */
  async settle(): Promise<void> {
    const telling = this.#due ? this.tell() : this.#telling;
    const gone = new AbortController();
    const late = pause(endMs, undefined, { signal: gone.signal }).catch(() => undefined);
    await Promise.race([telling, late]);
    gone.abort();
    this.#end.abort();
    await telling;
    clearTimeout(this.#again);
  }

  /** What every witness in force has, as far as it can be read back, before `signal` says that it takes too long. */
  async look(signal?: AbortSignal): Promise<Looked[]> {
    const { witnesses: told } = await this.#store();
    return Promise.all(
      (await this.#witnesses()).map(async witness => {
        const known = { witness, told: await told.told(witness.name) };
        try {
          return { ...known, rows: await witness.recall(this.#within(signal)) };
        } catch (error) {
          return { ...known, unreadable: whyOf(error) };
        }
      }),
    );
  }

  async #tellAll(): Promise<void> {
    if (this.#end.signal.aborted) return;
    try {
      const witnesses = await this.#witnesses();
      await Promise.all(witnesses.map(witness => this.#tellOne(witness)));
    } catch (error) {
      this.#log.warn('witness', { why: whyOf(error) });
    }
  }

  async #tellOne(witness: Witness): Promise<void> {
    const { audit, witnesses } = await this.#store();
    const [newest] = await audit.list({ events: witnessedEvents, limit: 1 });
    const [head] = await audit.list({ limit: 1 });
    if (newest === undefined || head === undefined) return;
    const told = await witnesses.told(witness.name);
    // A chain that was written anew may be shorter than what was told, and goes out all the same.
    if (told.sequence >= newest.sequence && (await audit.has(told.hash))) return;
    try {
      if (witness.shows !== 'recent') await refuseToHide(witness, { told, audit, signal: this.#within() });
      await witness.record(head, this.#within());
      await witnesses.setTold(witness.name, head);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      this.#again ??= setTimeout(() => void this.tell(), againMs).unref();
      const why = whyOf(error);
      this.#log.warn('witness', { witness: witness.name, why });
      await witnesses.setFailing(witness.name, why);
    }
  }

  #within(sooner?: AbortSignal): AbortSignal {
    const given = sooner === undefined ? [] : [sooner];
    return AbortSignal.any([this.#end.signal, AbortSignal.timeout(witnessMs), ...given]);
  }
}

/**
 * A witness is not told where that would hide what a person has to see. Of one that has lost what it took, the next row
 * would be as good as all; where only the newest shows, it would take the place of the one that shows a chain written anew.
 */
async function refuseToHide(
  witness: Witness,
  { told, audit, signal }: { told: Told; audit: AuditLog; signal: AbortSignal },
): Promise<void> {
  const rows = await witness.recall(signal);
  if (rows.every(({ sequence }) => sequence < told.sequence) && told.sequence > 0)
    throw new VigieError(
      'AUDIT_BROKEN',
      `${witness.name} took row ${told.sequence} and has it no more; it is told nothing until it has.`,
      { hint: 'vigie audit verify' },
    );
  if (witness.shows !== 'newest') return;
  for (const { sequence, hash } of rows)
    if (!(await audit.has(hash)))
      throw new VigieError(
        'AUDIT_BROKEN',
        `The chain does not have row ${sequence} as ${witness.name} has it.`,
        { hint: 'vigie audit verify' },
      );
}

function whyOf(error: unknown): string {
  if (!(error instanceof VigieError)) return error instanceof Error ? error.message : String(error);
  const { why } = error.details;
  return typeof why === 'string' ? why : error.message;
}
