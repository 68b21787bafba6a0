import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Store } from '../store/store.ts';
import { ownName } from './owner.ts';

/** The right to write for one plan: held by a lease that is renewed, lost for good when it lapses or the kill switch is on. */
export class Fence {
  readonly #store: Store;
  readonly #id: string;
  readonly epoch: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(input: { store: Store; id: string; epoch: number }) {
    this.#store = input.store;
    this.#id = input.id;
    this.epoch = input.epoch;
  }

  /** Renews the lease in the background until `release`. */
  hold(): void {
    this.#timer = setInterval(() => {
      // A renewal that fails is no news here: the next check before a write says so, and stops.
      // The kill switch stops writes and not this: a process that waits for health must not be taken for dead.
      this.#store.changes.renew(this.#held()).catch(() => undefined);
    }, limits.leaseMs / 3);
    this.#timer.unref();
  }

  /** Right before every write. @throws VigieError KILL_SWITCH, TICKET_CLOSED */
  async check(): Promise<void> {
    const killSwitch = await this.#store.settings.killSwitch();
    if (killSwitch.on)
      throw new VigieError(
        'KILL_SWITCH',
        `The kill switch was set by ${killSwitch.by} at ${killSwitch.at}.`,
        {
          hint: 'See `vigie audit list` for what stands; an approver ends it with `vigie kill-switch off`.',
        },
      );
    if (!(await this.#store.changes.fence(this.#held())))
      throw new VigieError('TICKET_CLOSED', `Change ${this.#id} is no longer this process's to execute.`, {
        hint: `See what stands: vigie changes get ${this.#id}`,
      });
  }

  release(): void {
    clearInterval(this.#timer);
  }

  #held() {
    return { id: this.#id, owner: ownName, epoch: this.epoch, leaseMs: limits.leaseMs };
  }
}
