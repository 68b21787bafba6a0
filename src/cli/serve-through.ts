import type { Readable, Writable } from 'node:stream';
import { VigieError } from '../core/errors.ts';
import type { FoundDaemon } from '../desk/wire/find-daemon.ts';

/**
 * Passes an MCP client's messages to the daemon and its answers back, as they are: nothing is loaded here that knows
 * them. Resolves when the client has closed its end. @throws VigieError DAEMON when the daemon did
 */
export async function serveThrough(
  daemon: FoundDaemon,
  client: {
    input: Readable;
    output: Writable;
    signal: AbortSignal;
    toolsets: string[] | undefined;
    readOnly: boolean;
  },
): Promise<void> {
  const { input, output, signal, toolsets, readOnly } = client;
  const socket = await daemon.connection.handOver({
    ...(toolsets === undefined ? {} : { toolsets }),
    ...(readOnly ? { readOnly } : {}),
  });
  let left = false;
  const leave = () => {
    left = true;
    socket.end();
  };
  input.once('end', leave);
  output.once('error', leave);
  input.once('error', leave);
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  input.pipe(socket);
  socket.pipe(output, { end: false });
  await new Promise<void>(resolve => {
    socket.once('close', () => resolve());
  });
  input.unpipe(socket);
  if (left) return;
  throw new VigieError('DAEMON', 'The daemon went away, and with it what this client was served by.', {
    hint: 'Start the client again when the daemon is back: systemctl status vigie',
    details: { path: daemon.socket.path },
    retryable: true,
  });
}
