import { Readable } from 'node:stream';
import type { WebSocket } from 'ws';
import { badResponse } from '../../http/bad-response.ts';
import { type Command, type Ended, stderrBytes } from '../../processes/runner.ts';
import {
  endInput,
  endOf,
  type Outcome,
  outcomeBytes,
  sendFrames,
  stream,
  takesInputEnd,
} from './exec-wire.ts';
import { Pieces, Tail } from './printed-output.ts';
import { closeSocket } from './sockets.ts';

/** Of stdout: enough to keep a slow reader busy between two rounds. */
const waitingBytes = 256 * 1024;
/** Balancers on the way cut a line that is silent for minutes; a session that holds a snapshot is silent for hours. */
const pingMs = 20_000;
/** The rest of stdout may come after the outcome; a server that then neither sends nor closes has lost it. */
const restMs = 60_000;

/** What became of a line, when it had closed. */
export type LineEnd = { left: NonNullable<Ended['cut']> } | Outcome | undefined;

/**
 * One command in a container, with its streams: stdout is taken from the wire no faster than it is read, and input is
 * sent no faster than the wire takes it.
 */
export class PodLine {
  readonly stdout: Readable;
  /** Never rejects; undefined: it broke off. */
  readonly closed: Promise<LineEnd>;
  readonly #socket: WebSocket;
  readonly #stderr = new Tail();
  readonly #outcome = new Pieces();
  #left: Ended['cut'];
  #rest: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, { signal, deadlineMs }: Pick<Command, 'signal' | 'deadlineMs'>) {
    this.#socket = socket;
    this.stdout = new Readable({
      highWaterMark: waitingBytes,
      read: () => socket.resume(),
      destroy: (error, done) => {
        // What nobody reads goes by, or the end would never be told.
        socket.resume();
        done(error);
      },
    });
    const stopped = (): void => this.leave('stopped');
    signal.addEventListener('abort', stopped, { once: true });
    const timer = setTimeout(() => this.leave('deadline'), deadlineMs);
    const ping = setInterval(() => socket.readyState === socket.OPEN && socket.ping(), pingMs);
    socket.on('message', data => Buffer.isBuffer(data) && this.#take(data));
    // A close follows, which tells the rest.
    socket.on('error', () => socket.terminate());
    this.closed = new Promise(resolve => {
      socket.once('close', () => {
        clearTimeout(timer);
        clearInterval(ping);
        clearTimeout(this.#rest);
        signal.removeEventListener('abort', stopped);
        if (!this.stdout.destroyed) this.stdout.push(null);
        resolve(this.#left === undefined ? endOf(this.#outcome.text()) : { left: this.#left });
      });
    });
    socket.resume();
    if (signal.aborted) stopped();
  }

  /** Closes the line. The program is not told, and may go on. */
  leave(why: NonNullable<Ended['cut']>): void {
    this.#left ??= why;
    this.#socket.resume();
    closeSocket(this.#socket);
  }

  /** The last 8 kB of it. */
  stderr(): string {
    return Buffer.from(this.#stderr.shown().text).subarray(-stderrBytes).toString('utf8');
  }

  /** Sends what the shell reads, as far as the line takes it. */
  tell(text: string): Promise<void> {
    return sendFrames(this.#socket, Buffer.from(text));
  }

  /** Sends the input, and its end where the line takes one. An error of the input ends the line. */
  async feed(input: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const bytes of input) {
        await sendFrames(this.#socket, bytes);
        if (this.#socket.readyState !== this.#socket.OPEN) return;
      }
    } catch {
      // Whoever gave the input knows why.
      this.leave('input');
      return;
    }
    if (takesInputEnd(this.#socket)) await endInput(this.#socket);
  }

  #take(data: Buffer): void {
    if (this.#left !== undefined) return;
    this.#rest?.refresh();
    const [number] = data;
    const bytes = data.subarray(1);
    if (number === stream.stderr) this.#stderr.add(bytes);
    if (number === stream.stdout && bytes.length > 0 && !this.stdout.destroyed && !this.stdout.push(bytes))
      this.#socket.pause();
    if (number !== stream.outcome) return;
    if (this.#outcome.length + bytes.length > outcomeBytes) this.#socket.terminate();
    else this.#outcome.add(bytes);
    this.#rest ??= setTimeout(() => this.#giveUpRest(), restMs);
  }

  #giveUpRest(): void {
    if (this.#socket.isPaused) {
      this.#rest?.refresh();
      return;
    }
    // Without an outcome it broke off: what came of stdout may not be all of it.
    this.#outcome.keepLast(0);
    closeSocket(this.#socket);
  }
}

/** How a program ended, by the end of its line. @throws VigieError BAD_RESPONSE when nobody knows */
export function endedBy(end: LineEnd, { what, stderr }: { what: string; stderr: string }): Ended {
  if (end === undefined)
    throw badResponse(what, 'it broke off before the program had ended', { outcomeUnknown: true });
  if ('left' in end) return { code: null, cut: end.left, mayGoOn: true, stderr };
  if (end.how === 'exited') return { code: end.code, stderr };
  throw badResponse(what, `the node lost the program: ${end.why}`, { outcomeUnknown: true });
}
