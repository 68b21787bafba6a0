import type { Readable, Writable } from 'node:stream';
import type { FoundDaemon } from '../desk/wire/find-daemon.ts';

/**
 * Passes an MCP client's messages to the daemon and its answers back, as they are: nothing is loaded here that knows
 * them. Resolves when either side has closed its end.
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
  const leave = () => socket.end();
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
}
