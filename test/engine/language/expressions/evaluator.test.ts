import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Json, JsonObject } from '../../../../src/core/json.ts';
import { caps } from '../../../../src/engine/language/caps.ts';
import { Evaluator } from '../../../../src/engine/language/expressions/evaluator.ts';
import { fillIn } from '../../../../src/engine/language/expressions/fill-in.ts';

const evaluator = new Evaluator();
afterAll(() => evaluator.close());

const come = (source: string, values: JsonObject = {}): Promise<Json> =>
  evaluator.evaluate(source, { values });

test.each<[source: string, value: Json]>([
  ['1 + 2', 3],
  ['x.n + 1', 3],
  ['x.half * 2.0', 1],
  ['"a" + x.text', 'ab'],
  ['x.list.map(i, i * 2)', [2, 4]],
  ['x.list.filter(i, i > 1)', [2]],
  ['{"a": x.n, "b": [1.5, true, null]}', { a: 2, b: [1.5, true, null] }],
  ['x.nothing == null', true],
  ['has(x.absent)', false],
  ['x["constructor"]', 'own'],
  ['"shop-12".matches("^[a-z]+-[0-9]+$")', true],
  ['timestamp("2026-01-01T00:00:00Z")', '2026-01-01T00:00:00.000Z'],
  ['duration("90s").getSeconds()', 90],
  ['x.map', { constructor: 1, toString: 2, hasOwnProperty: 3 }],
  ['x.map.constructor + x.map.toString', 3],
  ['x == {"n": 2}', false],
  ['x.map.all(key, size(key) > 3)', true],
  ['"toString" in x.map && !("valueOf" in x.map)', true],
  [
    'x',
    {
      n: 2,
      half: 0.5,
      text: 'b',
      list: [1, 2],
      nothing: null,
      constructor: 'own',
      map: { constructor: 1, toString: 2, hasOwnProperty: 3 },
    },
  ],
  ['size("é🙂")', 2],
])('%s comes to its value as JSON', async (source, value) => {
  const map = { constructor: 1, toString: 2, hasOwnProperty: 3 };
  const x = { n: 2, half: 0.5, text: 'b', list: [1, 2], nothing: null, constructor: 'own', map };
  expect(await come(source, { x })).toEqual(value);
});

test('an input that is a number with decimals is one also where it is whole', async () => {
  const inputs = {
    factor: { type: 'number', required: true },
    count: { type: 'integer', required: true },
  } as const;
  const values = { inputs: { factor: 2, count: 2 } };
  expect(await evaluator.evaluate('inputs.factor * 1.5', { values, inputs })).toBe(3);
  expect(await evaluator.evaluate('inputs.count * 2', { values, inputs })).toBe(4);
});

test('a thread that does not start is no fault of the expression: the next try has another', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const own = new Evaluator();
  onTestFinished(() => own.close());
  const trying = own.evaluate('1 + 2', { values: {} });
  const refused = expect(trying).rejects.toMatchObject({ code: 'NOT_STARTED', retryable: true });
  await vi.advanceTimersByTimeAsync(caps.startMs);
  await refused;
  vi.useRealTimers();
  expect(await own.evaluate('1 + 2', { values: {} })).toBe(3);
});

describe('what an expression cannot do', () => {
  test.each<[source: string, why: RegExp]>([
    ['x.__proto__', /No such key/],
    ['x.toString', /No such key/],
    ['constructor', /Unknown variable/],
    ['process', /Unknown variable/],
    ['x.constructor("return 1")()', /.+/],
    ['duration("90s")', /something that JSON has not/],
    ['type(1)', /something that JSON has not/],
    ['9007199254740993', /beyond 2\^53/],
    ['1.0 / 0.0', /no number/],
    ['"a".matches("(")', /.+/],
    ['x.all(', /.+/],
  ])('%s', async (source, why) => {
    await expect(come(source, { x: {} })).rejects.toMatchObject({
      code: 'EXPRESSION',
      message: expect.stringMatching(why),
    });
    expect({}).not.toHaveProperty('a');
  });

  test('a pattern that makes others wait for hours is matched at once', async () => {
    expect(await come('x.matches("^(a+)+$")', { x: `${'a'.repeat(28)}!` })).toBe(false);
    expect(await come('x.matches("^(a|a)*$") || x.matches("(x+x+)+y")', { x: `${'a'.repeat(5_000)}!` })).toBe(
      false,
    );
  });

  test('what takes too long or too much ends, and the next has a thread of its own', async () => {
    const x = Array.from({ length: 10_000 }, (_, index) => index % 10);
    const tooMuch = { code: 'EXPRESSION', message: expect.stringContaining('too long or too much memory') };
    await expect(come('x.all(a, x.all(b, a >= 0 && b >= 0))', { x })).rejects.toMatchObject(tooMuch);
    await expect(come('x.map(a, x.map(b, "a text of its own" + string(b)))', { x })).rejects.toMatchObject(
      tooMuch,
    );
    expect(await come('size(x)', { x })).toBe(10_000);
  });

  test('more than it may be handed, or come to, is refused', async () => {
    await expect(come('size(x)', { x: 'a'.repeat(64 * 1024) })).rejects.toMatchObject({
      message: expect.stringContaining('handed more than 65536 bytes'),
    });
    await expect(come('size(x)', { x: Array.from({ length: 10_001 }, () => 1) })).rejects.toMatchObject({
      message: expect.stringContaining('more than 10000 items'),
    });
    await expect(come('x + x', { x: 'a'.repeat(40_000) })).rejects.toMatchObject({
      message: expect.stringContaining('comes to more than 65536 bytes'),
    });
    await expect(come('x.map(i, x)', { x: Array.from({ length: 300 }, () => 1) })).rejects.toMatchObject({
      message: expect.stringContaining('comes to more than 65536 bytes'),
    });
  });
});

test('many at once are each answered their own', async () => {
  const all = await Promise.all(Array.from({ length: 50 }, (_, n) => come('n * 2', { n })));
  expect(all).toEqual(Array.from({ length: 50 }, (_, n) => n * 2));
});

test('a value keeps its type where it stands alone, and is written out in a text', async () => {
  const x = { n: 2, list: ['a'], tricky: '${{ x.n }}' };
  const filled = await fillIn(
    {
      n: '${{ x.n }}',
      text: 'n=${{ x.n }} ${{ x.list }}',
      list: ['${{ x.list }}', 'plain', 3],
      tricky: '${{ x.tricky }}',
    },
    source => come(source, { x }),
  );
  // What comes out is not looked through again.
  expect(filled).toEqual({ n: 2, text: 'n=2 ["a"]', list: [['a'], 'plain', 3], tricky: '${{ x.n }}' });
});
