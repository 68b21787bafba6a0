import { expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { toAnswer } from '../../src/server/answer.ts';
import { fc } from '../support/properties.ts';

const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

// Repeated, so that small pieces of any script, escape or broken surrogate grow past the limit.
const longText = fc
  .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 30_000 }))
  .map(([piece, times]) => piece.repeat(times).slice(0, 200_000));

const data = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), longText), {
  maxKeys: 6,
});

test('no answer is larger than 40 kB, whatever a call has to say', () => {
  fc.assert(
    fc.property(fc.constantFrom('answered', 'done', 'failed'), data, longText, (status, given, text) => {
      expect(sizeOf(toAnswer({ status, data: given, text }))).toBeLessThanOrEqual(limits.answerBytes);
    }),
    { numRuns: 200 },
  );
});

test('an answer that fits goes out as it is, and one that does not keeps its data and says what was cut', () => {
  const fits = toAnswer({ status: 'answered', data: { total: 1 }, text: 'one pod' });
  expect(fits).toEqual({
    _meta: { 'dev.vigie/untrusted': true },
    content: [{ type: 'text', text: 'one pod' }],
    structuredContent: { total: 1 },
  });
  const cut = toAnswer({ status: 'answered', data: { total: 9 }, text: 'line of text\n'.repeat(10_000) });
  expect(cut.structuredContent).toEqual({ total: 9 });
  expect(JSON.stringify(cut.content)).toContain('cut to fit 40 kB');
  expect(sizeOf(cut)).toBeGreaterThan(limits.answerBytes * 0.9);
});
