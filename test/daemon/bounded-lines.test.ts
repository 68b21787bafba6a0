import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundedLines } from '../../src/daemon/bounded-lines.ts';

const most = 8;

test('lines of the bound pass as they are, wherever the bytes are cut', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: most });
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 20 }), async (lines, size) => {
      const whole = lines.map(each => `${each}\n`).join('');
      const chunks = whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const source = Readable.from(
        chunks.map(chunk => Buffer.from(chunk)),
        { objectMode: false },
      );
      expect(await text(boundedLines(source, most))).toBe(whole);
    }),
  );
});

test.each([
  ['in one piece', ['ok\n', 'a'.repeat(most + 1)]],
  ['in many', ['ok\n', ...Array.from({ length: most + 1 }, () => 'a')]],
  ['between others', [`ok\n${'a'.repeat(most + 1)}\nok\n`]],
])('a longer line ends them, %s', async (_how, chunks) => {
  const source = new PassThrough();
  const bounded = boundedLines(source, most);
  const closed = once(bounded, 'close');
  bounded.resume();
  for (const chunk of chunks) source.write(chunk);
  await closed;
  expect(bounded.destroyed).toBe(true);
});

test('a source that breaks ends them', async () => {
  const source = new PassThrough();
  const bounded = boundedLines(source, most);
  const closed = once(bounded, 'close');
  source.destroy();
  await closed;
  expect(bounded.destroyed).toBe(true);
});
