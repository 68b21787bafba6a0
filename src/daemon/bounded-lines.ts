import { Transform } from 'node:stream';

const lineFeed = 0x0a;

/** Passes bytes on until a line is longer than `most` bytes; then the stream ends there. */
export function boundedLines(most: number): Transform {
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const end = chunk.lastIndexOf(lineFeed);
      const first = chunk.indexOf(lineFeed);
      const longest = Math.max(length + (first < 0 ? chunk.length : first), chunk.length - end - 1);
      length = end < 0 ? length + chunk.length : chunk.length - end - 1;
      if (longest <= most) {
        done(null, chunk);
        return;
      }
      this.push(null);
      this.destroy();
      done();
    },
  });
}
