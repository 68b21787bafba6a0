import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { trusted } from '../core/trusted-text.ts';
import { readKillSwitch } from './kill-switch.ts';
import { ownName } from './owner.ts';
import type { Vigie } from './vigie.ts';

/** An answer that is older may be of a lease that has run out; the rest of it is for the write itself. */
const mostOfLeaseMs = limits.leaseMs / 2;

/** By both clocks: one is not moved by whoever sets the time, the other goes on while the machine sleeps. */
function moment(): { steadyMs: number; wallMs: number } {
  return { steadyMs: performance.now(), wallMs: Date.now() };
}

function sinceMs(then: ReturnType<typeof moment>): number {
  const { steadyMs, wallMs } = moment();
  return Math.max(steadyMs - then.steadyMs, wallMs - then.wallMs);
}

/** The right to write for one plan: held by a lease that is renewed, lost for good when it lapses or the kill switch is on. */
export class Fence {
  readonly #vigie: Vigie;
  readonly #id: string;
  readonly epoch: number;
  #timer: NodeJS.Timeout | undefined;
  #passed = false;

  constructor(vigie: Vigie, input: { id: string; epoch: number }) {
    this.#vigie = vigie;
    this.#id = input.id;
    this.epoch = input.epoch;
  }

  /** Renews the lease in the background until `release`. */
  hold(): void {
    this.#timer = setInterval(() => {
      // A renewal that fails is no news here: the next check before a write says so, and stops.
      // The kill switch stops writes and not this: a process that waits for health must not be taken for dead.
      this.#renew().catch(() => undefined);
    }, limits.leaseMs / 3);
    this.#timer.unref();
  }

  /** Right before every write. @throws VigieError KILL_SWITCH, TICKET_CLOSED */
  async check(): Promise<void> {
    const asked = moment();
    const killSwitch = await readKillSwitch(this.#vigie);
    if (killSwitch.on)
      throw new VigieError(
        'KILL_SWITCH',
        `The kill switch was set by ${killSwitch.by} at ${killSwitch.at}.`,
        {
          hint: 'See `vigie audit list` for what stands; an approver ends it with `vigie kill-switch off`.',
        },
      );
    const { changes } = await this.#vigie.store();
    if (!(await changes.fence(this.#held())))
      throw new VigieError('TICKET_CLOSED', `Change ${this.#id} is no longer this process's to execute.`, {
        hint: trusted`See what stands: vigie changes get ${this.#id}`,
      });
    if (sinceMs(asked) > mostOfLeaseMs)
      throw new VigieError(
        'TICKET_CLOSED',
        `This process stood still while it asked whether change ${this.#id} is its to execute: it may no longer be.`,
        { hint: trusted`See what stands: vigie changes get ${this.#id}` },
      );
    this.#passed = true;
  }

  /** Whether any write was let through: what came after may have reached its system. */
  get passed(): boolean {
    return this.#passed;
  }

  release(): void {
    clearInterval(this.#timer);
  }

  async #renew(): Promise<void> {
    await (await this.#vigie.store()).changes.renew(this.#held());
  }

  #held() {
    return { id: this.#id, owner: ownName, epoch: this.epoch, leaseMs: limits.leaseMs };
  }
}
