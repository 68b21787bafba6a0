import { VigieError } from '../../core/errors.ts';

// COPY in its binary format, of one row with one field: a head of 19 bytes (signature, flags, no extension), the number
// of fields in two, the field's length in four; then the field; then two bytes that say it is the end.
const headBytes = 25;
const fieldsAt = 19;
const lengthAt = 21;

/** The one field of a binary COPY, while it comes. @throws VigieError BACKUP for what is no such field or breaks off */
export async function* copiedField(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0);
  let left: number | undefined;
  for await (const chunk of bytes) {
    let body = Buffer.from(chunk);
    if (left === undefined) {
      head = Buffer.concat([head, body]);
      if (head.length < headBytes) continue;
      if (!head.subarray(0, 6).equals(Buffer.from('PGCOPY')) || head.readInt16BE(fieldsAt) !== 1)
        throw new VigieError('BACKUP', 'psql did not print the one field that was asked for.');
      left = head.readInt32BE(lengthAt);
      body = head.subarray(headBytes);
    }
    const taken = body.subarray(0, Math.max(0, left));
    left -= taken.length;
    if (taken.length > 0) yield taken;
  }
  if (left !== 0) throw new VigieError('BACKUP', 'What psql printed broke off.');
}
