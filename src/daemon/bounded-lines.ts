import { type Readable, Transform } from 'node:stream';

const lineFeed = 0x0a;

/** What comes from there, to its end or to the first line that is longer than `most` bytes. */
export function boundedLines(from: Readable, most: number): Readable {
  let length = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = 0; at <= chunk.length; ) {
        const end = chunk.indexOf(lineFeed, at);
        length += (end < 0 ? chunk.length : end) - at;
        if (length > most) {
          // No error: to whoever reads, the caller has gone.
          bounded.destroy();
          return;
        }
        if (end < 0) break;
        length = 0;
        at = end + 1;
      }
      done(null, chunk);
    },
  });
  // A source that breaks ends nothing by itself.
  from.once('close', () => void (from.readableEnded || bounded.destroy()));
  return from.pipe(bounded);
}
