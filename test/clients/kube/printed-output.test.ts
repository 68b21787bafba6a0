import { describe, expect, test } from 'vitest';
import { Pieces, Tail } from '../../../src/clients/kube/printed-output.ts';
import { fc } from '../../support/properties.ts';

const keptBytes = 64 * 1024;

describe('what is kept of a stream', () => {
  test.each([() => new Tail(), () => new Pieces()])(
    'is a copy, or each byte would keep all that came with it',
    make => {
      const kept = make();
      const read = Buffer.from('abc');
      kept.add(read.subarray(0, 1));
      kept.add(read.subarray(1, 1));
      read.fill('x');
      expect(kept instanceof Tail ? kept.shown().text : kept.bytes().toString()).toBe('a');
    },
  );

  test('is the whole of a short one, and the last lines of a long one', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 8 });
    fc.assert(
      fc.property(sizes, fc.constantFrom('line\n', 'ab\n'), (parts, line) => {
        const all = Buffer.concat(parts.map(size => Buffer.alloc(size, line)));
        const tail = new Tail();
        let at = 0;
        for (const size of parts) tail.add(all.subarray(at, (at += size)));
        const whole = all.toString();
        const last = whole.slice(-keptBytes);
        const cut = whole.length > keptBytes;
        expect(tail.shown()).toEqual({ text: cut ? last.slice(last.indexOf('\n') + 1) : whole, cut });
      }),
    );
  });
});
