interface Waiting {
  large: boolean;
  start(): void;
}

/**
 * When the calls of agents begin: one in each round of the event loop, so that approvers are served between any two of
 * them, and of the accounts in turn, so that none can keep the others waiting by asking more.
 */
export class Turns {
  /** By uid; the account at the front is next. */
  readonly #waiting = new Map<number, Waiting[]>();
  /** Accounts with a large call under way: each has one. */
  readonly #busy = new Set<number>();
  #round: NodeJS.Immediate | undefined;

  /** Resolves when the call may begin, with what is to be called when it is over. Rejects once `signal` says that nobody waits. */
  async begin(call: { uid: number; large: boolean; signal: AbortSignal }): Promise<() => void> {
    const { uid, large, signal } = call;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { large, start: resolve };
    this.#waiting.set(uid, [...(this.#waiting.get(uid) ?? []), waiting]);
    const leave = (): void => {
      this.#remove(uid, waiting);
      reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#nextRound();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
    return () => {
      if (large) this.#busy.delete(uid);
      this.#nextRound();
    };
  }

  #nextRound(): void {
    if (this.#waiting.size === 0 || this.#round !== undefined) return;
    this.#round = setImmediate(() => {
      this.#round = undefined;
      if (this.#startOne()) this.#nextRound();
    });
  }

  #startOne(): boolean {
    for (const [uid, line] of this.#waiting) {
      const first = line.find(({ large }) => !(large && this.#busy.has(uid)));
      if (first === undefined) continue;
      if (first.large) this.#busy.add(uid);
      this.#remove(uid, first);
      first.start();
      return true;
    }
    return false;
  }

  /** And puts the account behind the others. */
  #remove(uid: number, which: Waiting): void {
    const line = (this.#waiting.get(uid) ?? []).filter(each => each !== which);
    this.#waiting.delete(uid);
    if (line.length > 0) this.#waiting.set(uid, line);
  }
}
