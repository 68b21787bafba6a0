import { StringDecoder } from 'node:string_decoder';

const newline = 0x0a;

/**
 * The lines of a stream, without their ends. A line beyond `maxBytes` is cut there, and the rest of it is dropped;
 * `cut` says so. The last line needs no end.
 */
export async function* linesOf(
  source: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<{ text: string; cut: boolean }> {
  let parts: Buffer[] = [];
  let held = 0;
  let dropped = false;
  function hold(part: Buffer): void {
    const room = maxBytes - held;
    if (part.length > room) dropped = true;
    if (room > 0 && part.length > 0) {
      parts.push(part.length > room ? part.subarray(0, room) : part);
      held += Math.min(part.length, room);
    }
  }
  function take(): { text: string; cut: boolean } {
    // Half a character at a cut is left away.
    const text = new StringDecoder('utf8').write(Buffer.concat(parts, held));
    const line = { text: text.endsWith('\r') ? text.slice(0, -1) : text, cut: dropped };
    parts = [];
    held = 0;
    dropped = false;
    return line;
  }
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      hold(chunk.subarray(start, end));
      start = end + 1;
      yield take();
    }
    hold(chunk.subarray(start));
  }
  if (held > 0 || dropped) yield take();
}
