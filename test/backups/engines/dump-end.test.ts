import { expect, test } from 'vitest';
import { wholeDump } from '../../../src/backups/engines/dump-end.ts';

const whole = Buffer.concat([Buffer.from('PGDMP'), Buffer.alloc(700, 7), Buffer.alloc(5)]);

async function passed(bytes: Buffer, step: number): Promise<Buffer> {
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of wholeDump(source())) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test.each([1, 2, 7, 1000])('a whole dump passes unchanged in pieces of %i', async step => {
  expect((await passed(whole, step)).equals(whole)).toBe(true);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['one that was cut', whole.subarray(0, 700)],
  ['one that lost its last byte', whole.subarray(0, -5)],
  ['another file', Buffer.concat([Buffer.from('-- SQL'), whole])],
])('%s is refused, whatever pg_dump said', async (_, bytes) => {
  await expect(passed(bytes, 64)).rejects.toMatchObject({ code: 'BACKUP' });
});
