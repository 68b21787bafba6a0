import type { Socket } from 'node:net';
import { serverLimits } from './limits.ts';

/**
 * Connections that have not asked anything yet, so that nobody knows whose they are. They hold no place that somebody
 * with a token needs: over the limit the oldest one goes, of the address that has most of them.
 */
export class Strangers {
  readonly #waiting = new Map<string, Set<Socket>>();
  #count = 0;

  arrive(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const sockets = this.#waiting.get(address) ?? new Set();
    this.#waiting.set(address, sockets.add(socket));
    this.#count += 1;
    socket.once('close', () => this.#forget(address, socket));
    if (this.#count > serverLimits.strangers) this.#dismissOne();
  }

  /** The head of a request has come: its token decides from here on. */
  speak(socket: Socket): void {
    this.#forget(socket.remoteAddress ?? '', socket);
  }

  #dismissOne(): void {
    const most = [...this.#waiting].reduce((one, other) => (other[1].size > one[1].size ? other : one));
    const [address, [oldest]] = most;
    if (oldest === undefined) return;
    this.#forget(address, oldest);
    oldest.destroy();
  }

  #forget(address: string, socket: Socket): void {
    const sockets = this.#waiting.get(address);
    if (sockets?.delete(socket) !== true) return;
    this.#count -= 1;
    if (sockets.size === 0) this.#waiting.delete(address);
  }
}
