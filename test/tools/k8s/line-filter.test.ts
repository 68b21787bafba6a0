import { expect, test } from 'vitest';
import { lineFilter } from '../../../src/tools/k8s/line-filter.ts';

test.each([
  ['error', 'an error here', true],
  ['error', 'an ERROR here', false],
  ['(?i)error', 'an ERROR here', true],
  ['^GET .*500$', 'GET /cart 500', true],
  ['^GET .*500$', 'GET /cart 5000', false],
  ['GET.+500', 'GET /cart 500', true],
  ['colou*r', 'color', true],
  ['lines?', 'line', true],
  ['a|b', 'b', true],
  ['x{2}', 'xx', true],
  ['status=5\\d\\d', 'status=503', true],
  ['[45]04', 'code 404', true],
  ['', 'anything', true],
])('%j on %j is %s', async (pattern, line, wanted) => {
  expect((await lineFilter(pattern))(line)).toBe(wanted);
});

test('a pattern that would hang a backtracking matcher answers', async () => {
  const filter = await lineFilter('(a+)+$');
  expect(filter(`${'a'.repeat(5_000)}!`)).toBe(false);
});

test('a broken pattern is the caller’s to mend', async () => {
  await expect(lineFilter('(')).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('grep'),
    hint: expect.stringContaining('RE2'),
  });
  await expect(lineFilter('(?=a)')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
