import { VigieError } from '../../core/errors.ts';
import { wireLimits } from './protocol.ts';

/** Somebody who is connected. */
export interface Guest {
  /** Undefined until it is shown. */
  readonly uid: number | undefined;
  /** Bytes kept for it: a line that has not ended, calls that run, answers that it has not read. */
  held(): number;
  /** Ends the connection at once. */
  letGo(): void;
}

/** So many bytes may come and go before it is weighed again what waits. */
const weighedEvery = 1024 * 1024;

/**
 * All who are connected to one socket. Places and memory are shared out among accounts: what one takes too much of, it
 * loses itself.
 */
export class Crowd {
  /** In the order in which they came. */
  readonly #guests = new Set<Guest>();
  #movedBytes = 0;

  /** Where there are too many who have not shown who they are, the one who has been at it for longest goes: to show it takes an honest caller milliseconds. */
  enter(guest: Guest): void {
    this.#guests.add(guest);
    const strangers = [...this.#guests].filter(({ uid }) => uid === undefined);
    if (strangers.length > wireLimits.strangers) this.#letGo(strangers[0]);
  }

  leave(guest: Guest): void {
    this.#guests.delete(guest);
  }

  /** Whether this account may have one connection more. @throws VigieError DAEMON */
  admit(uid: number): void {
    const theirs = [...this.#guests].filter(guest => guest.uid === uid).length;
    if (theirs >= wireLimits.connections)
      throw new VigieError(
        'DAEMON',
        `This account has ${theirs} connections open, which is as many as it may.`,
        { hint: 'End an assistant or a terminal that is no longer used.', retryable: true },
      );
  }

  /** Told of all that comes and goes; where too much waits, the account with most of it loses its largest connection. */
  moved(bytes: number): void {
    this.#movedBytes += bytes;
    if (this.#movedBytes < weighedEvery) return;
    this.#movedBytes = 0;
    const sum = (guests: readonly Guest[]) => guests.reduce((bytes, guest) => bytes + guest.held(), 0);
    while (sum([...this.#guests]) > wireLimits.heldBytes) {
      const accounts = [...Map.groupBy(this.#guests, ({ uid }) => uid).values()];
      const worst = accounts.toSorted((a, b) => sum(b) - sum(a))[0] ?? [];
      this.#letGo(worst.toSorted((a, b) => b.held() - a.held())[0]);
    }
  }

  #letGo(guest: Guest | undefined): void {
    if (guest === undefined) return;
    this.#guests.delete(guest);
    guest.letGo();
  }
}
