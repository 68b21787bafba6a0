import type { Readable } from 'node:stream';

/** What may wait to be taken: beyond it the other side is held back. */
const aheadBytes = 1024 * 1024;

/**
 * The chunks of a stream as they come, each as it came. A stream's own iterator pauses it after every chunk and joins what
 * came meanwhile into a new one, which costs as much as reading a large answer. Whoever stops early ends the stream.
 * @throws whatever the stream failed with
 */
export async function* flowing(source: Readable): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = [];
  let bytes = 0;
  let ended = source.readableEnded;
  let failed: { error: unknown } | undefined;
  let wake = (): void => undefined;
  const closed = (): void => {
    if (!ended) failed ??= { error: source.errored ?? new Error('the connection was closed before the end') };
    wake();
  };
  source.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes >= aheadBytes) source.pause();
    wake();
  });
  source.once('end', () => {
    ended = true;
    wake();
  });
  source.once('error', (error: unknown) => {
    failed ??= { error };
    wake();
  });
  source.once('close', closed);
  // Its deadline may have ended it before anybody read.
  if (source.destroyed) closed();
  try {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk !== undefined) {
        bytes -= chunk.length;
        if (source.isPaused() && bytes < aheadBytes) source.resume();
        yield chunk;
      } else if (ended) return;
      else if (failed !== undefined) throw failed.error;
      else
        await new Promise<void>(resolve => {
          wake = resolve;
        });
    }
  } finally {
    if (!ended) source.destroy();
  }
}
