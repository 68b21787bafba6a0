import { VigieError } from '../../core/errors.ts';

/** What every archive in pg_dump's custom format begins with. */
const magic = Buffer.from('PGDMP');
/** A block of data ends with a length of zero, and a table of contents with an offset of zero: a sign and four bytes. */
const ending = Buffer.alloc(5);

/**
 * The same bytes; their end is reached only if they begin and end as a dump does, whatever the program's exit code said.
 * @throws VigieError BACKUP
 */
export async function* wholeDump(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = Buffer.alloc(0);
  let last = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (first.length < magic.length)
      first = Buffer.concat([first, chunk.subarray(0, magic.length - first.length)]);
    last = Buffer.concat([last, chunk.subarray(-ending.length)]).subarray(-ending.length);
    yield chunk;
  }
  if (first.equals(magic) && last.equals(ending)) return;
  throw new VigieError(
    'BACKUP',
    `pg_dump ended as if all were well, and its ${size} bytes are no whole dump: no copy was made.`,
    {
      hint: 'Look at what pg_dump is on the PATH there, at its disk and at its memory; then run the backup again.',
    },
  );
}
