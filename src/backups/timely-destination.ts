import type { CopyDraft, CopyReader, CopyWriter } from '../core/copies.ts';
import { VigieError } from '../core/errors.ts';
import { inTime } from '../core/in-time.ts';

// A folder may lie on a mount whose server is gone: every wait for it then lasts for good, and no signal ends one. So each
// has a deadline, and as long as one of them hangs nothing more is sent there: each holds a thread of this process.

/** How long each wait may last, in milliseconds. */
export interface Waits {
  /** To look at what lies there, a thousand manifests on a slow line; to begin a copy, to leave it, to take one away. */
  lookMs: number;
  /** For the next bytes of a part, or until some were taken. */
  bytesMs: number;
  /** Until a part or a manifest is on the disk, with all that the system has kept in memory of it. */
  diskMs: number;
}

const usualWaits: Waits = { lookMs: 5 * 60_000, bytesMs: 2 * 60_000, diskMs: 15 * 60_000 };

/** Waits that are over for whoever asked, and not for the disk; by the place of their destination. */
const hanging = new Map<string, number>();

type Named = Pick<CopyReader, 'name' | 'shown'>;

/** The same destination, where no wait lasts for good. @throws VigieError TIMEOUT from every method */
export function timelyReader(reader: CopyReader, waits: Waits = usualWaits): CopyReader {
  const within = <T>(ms: number, ask: () => Promise<T>): Promise<T> => waitFor(reader, { ms, ask });
  return {
    name: reader.name,
    shown: reader.shown,
    encryption: reader.encryption,
    ...(reader.demands === undefined ? {} : { demands: reader.demands }),
    // A program that restores a tree has waits of its own.
    ...(reader.trees === undefined ? {} : { trees: reader.trees }),
    async find(set, only) {
      // One question first: a look holds a thread for every file that it opens at once.
      await within(waits.bytesMs, () => reader.freeBytes());
      return within(waits.lookMs, () => reader.find(set, only));
    },
    async *open(name) {
      const bytes = reader.open(name)[Symbol.asyncIterator]();
      let waiting = false;
      try {
        for (;;) {
          waiting = true;
          const next = await within(waits.bytesMs, () => bytes.next());
          waiting = false;
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        // One that hangs would hold whoever ends it, too.
        const ended = Promise.resolve(bytes.return?.()).catch(() => undefined);
        if (!waiting) await within(waits.bytesMs, () => ended).catch(() => undefined);
      }
    },
    freeBytes: () => within(waits.bytesMs, () => reader.freeBytes()),
  };
}

/** The same, for writing. `shown`: where it is. */
export function timelyWriter(
  writer: CopyWriter,
  { shown, waits = usualWaits }: { shown: string; waits?: Waits },
): CopyWriter {
  const at = { name: writer.name, shown };
  const within = <T>(ms: number, ask: () => Promise<T>): Promise<T> => waitFor(at, { ms, ask });
  return {
    name: writer.name,
    begin: async wanted => timelyDraft(await within(waits.lookMs, () => writer.begin(wanted)), { at, waits }),
    note: wanted => within(waits.diskMs, () => writer.note(wanted)),
    remove: name => within(waits.lookMs, () => writer.remove(name)),
    ...(writer.tidy === undefined
      ? {}
      : { tidy: async () => within(waits.lookMs, async () => writer.tidy?.()) }),
  };
}

function timelyDraft(draft: CopyDraft, { at, waits }: { at: Named; waits: Waits }): CopyDraft {
  return {
    ...(draft.trees === undefined ? {} : { trees: draft.trees }),
    async put(part, bytes) {
      const taking = new Taking(at, waits);
      const stored = draft.put(part, taking.of(bytes));
      return taking.until(stored);
    },
    seal: manifest => waitFor(at, { ms: waits.diskMs, ask: () => draft.seal(manifest) }),
    async leave() {
      // Also while it hangs: its lock is renewed until it was let go.
      const left = waitFor(at, { ms: waits.bytesMs, ask: () => draft.leave(), evenSo: true });
      await left.catch(() => undefined);
    },
  };
}

/** Bytes on their way to a disk: whoever gives them may take their time, and the disk may not. */
class Taking {
  readonly #at: Named;
  readonly #waits: Waits;
  readonly #late = Promise.withResolvers<never>();
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(at: Named, waits: Waits) {
    this.#at = at;
    this.#waits = waits;
    this.#start(waits.bytesMs);
  }

  async *of(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      clearTimeout(this.#timer);
      for await (const chunk of bytes) {
        this.#start(this.#waits.bytesMs);
        yield chunk;
        clearTimeout(this.#timer);
        // The disk came back when everybody had gone.
        if (this.#over) throw silent(this.#at, this.#waits.bytesMs);
      }
    } finally {
      if (!this.#over) this.#start(this.#waits.diskMs);
    }
  }

  async until<T>(stored: Promise<T>): Promise<T> {
    try {
      return await Promise.race([stored, this.#late.promise]);
    } catch (error) {
      if (this.#over) noteHanging(this.#at, stored);
      throw error;
    } finally {
      this.#over = true;
      clearTimeout(this.#timer);
    }
  }

  #start(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#over = true;
      this.#late.reject(silent(this.#at, ms));
    }, ms);
  }
}

async function waitFor<T>(
  at: Named,
  { ms, ask, evenSo = false }: { ms: number; ask: () => Promise<T>; evenSo?: boolean },
): Promise<T> {
  if (!evenSo && hanging.has(keyOf(at))) throw silent(at);
  let late = false;
  const wait = ask();
  try {
    return await inTime(wait, {
      ms,
      late: () => {
        late = true;
        return silent(at, ms);
      },
    });
  } finally {
    if (late) noteHanging(at, wait);
  }
}

function noteHanging(at: Named, wait: Promise<unknown>): void {
  const key = keyOf(at);
  hanging.set(key, (hanging.get(key) ?? 0) + 1);
  const back = (): void => {
    const left = (hanging.get(key) ?? 1) - 1;
    if (left === 0) hanging.delete(key);
    else hanging.set(key, left);
  };
  wait.then(back, back);
}

function keyOf({ name, shown }: Named): string {
  return `${name} ${shown}`;
}

function silent({ name, shown }: Named, ms?: number): VigieError {
  const since =
    ms === undefined ? 'has not answered yet, since it was last asked' : `did nothing for ${ms / 1000} s`;
  return new VigieError('TIMEOUT', `The destination ${name} (${shown}) ${since}.`, {
    hint: 'See whether its disk or its mount is up: what was begun there is left as it is, and is no copy.',
    details: { destination: name },
    retryable: true,
  });
}
