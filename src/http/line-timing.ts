import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';

/** Ends a request whose connection or head of the answer does not come in time, until it is settled. */
export function timeRequest(
  outgoing: ClientRequest,
  { server, headMs }: { server: string; headMs: number },
): { connected(): boolean; settle(): void } {
  let connected = false;
  const headTimer = setTimeout(
    () => outgoing.destroy(tooSlow(server, `did not answer within ${headMs / 1000} s`)),
    headMs,
  );
  let connectTimer: NodeJS.Timeout | undefined;
  outgoing.once('socket', socket => {
    // Kept, or brought by a proxy, it may stand already; then no event will say so.
    if (isConnected(socket)) {
      connected = true;
      return;
    }
    connectTimer = setTimeout(
      () => outgoing.destroy(tooSlow(server, `took no connection within ${limits.connectMs / 1000} s`)),
      limits.connectMs,
    );
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      connected = true;
      clearTimeout(connectTimer);
    });
  });
  return {
    connected: () => connected,
    settle() {
      clearTimeout(headTimer);
      clearTimeout(connectTimer);
    },
  };
}

function isConnected(socket: Socket): boolean {
  // The last message of a TLS handshake is there once it has been sent.
  return socket instanceof TLSSocket ? socket.getFinished() !== undefined : !socket.connecting;
}

/** That a server did not do something in time. */
export function tooSlow(server: string, what: string): VigieError {
  return new VigieError('TIMEOUT', `${server} ${what}`, { retryable: true });
}
