import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { limits } from '../../src/core/limits.ts';
import { parseDocuments } from '../../src/core/strict-yaml.ts';
import { fc } from '../support/properties.ts';

describe('what everybody reads alike is read', () => {
  test('several documents, with the line each starts on; empty ones are left out', async () => {
    const read = await parseDocuments(
      '# head\n---\na: 1\n---\n---\nb:\n  - x\n  - {y: null, z: 0o17, f: 1.5, t: true}\n...\n',
    );
    expect(read.map(({ document, line }) => ({ document, line }))).toEqual([
      { document: { a: 1 }, line: 3 },
      { document: { b: ['x', { y: null, z: 15, f: 1.5, t: true }] }, line: 6 },
    ]);
  });

  test('words that other YAML versions take for booleans or times stay text', async () => {
    const [read] = await parseDocuments('a: yes\nb: off\nc: 2001-01-01\nd: 12:30\ne: "0400"\n1: n');
    expect(read?.document).toEqual({ a: 'yes', b: 'off', c: '2001-01-01', d: '12:30', e: '0400', '1': 'n' });
  });

  test('an alias stands for its own copy', async () => {
    const [read] = await parseDocuments('a: &x {k: [1]}\nb: *x\n');
    expect(read?.document).toEqual({ a: { k: [1] }, b: { k: [1] } });
    expect(read?.document['a']).not.toBe(read?.document['b']);
  });

  test('JSON, indented with tabs too', async () => {
    const [read] = await parseDocuments('{\n\t"a": "\\ud83d\\ude00",\n\t"b": [1, 2]\n}');
    expect(read?.document).toEqual({ a: '😀', b: [1, 2] });
  });

  test('any JSON object comes out as it went in', async () => {
    const key = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter(text => text !== '__proto__' && !/\p{Cc}/u.test(text));
    const leaf = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
    );
    const { value } = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value, { maxKeys: 4 }), async object => {
        const text = JSON.stringify(object).replaceAll(
          /[\u007f-\u009f]/g,
          char => `\\u00${char.charCodeAt(0).toString(16)}`,
        );
        const [read] = await parseDocuments(text);
        expect(read?.document ?? {}).toEqual(JSON.parse(text));
      }),
      { numRuns: 200 },
    );
  });
});

const aliases = (count: number) => `a: &a 1\nb: [${'*a, '.repeat(count)}1]`;
const laughs = `${Array.from({ length: 16 }, (_, index) => `k${index}: &k${index} [${index === 0 ? '1' : `*k${index - 1}, *k${index - 1}, *k${index - 1}`}]`).join('\n')}\n`;
const deep = (levels: number) => `a: ${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('what two parsers may read differently, or what is made to exhaust one, is refused with its place:', () => {
  test.each([
    ['a key given twice', 'a: 1\nb:\n  c: 1\n  c: 2', 4, 3, 'a key is given twice'],
    ['a key given twice in JSON', '{"a": 1, "a": 2}', 1, 10, 'a key is given twice'],
    ['a tag', 'a: !secret x', 1, 4, 'a tag is unknown or does not fit its value'],
    [
      'a tag of a type that JSON lacks',
      'a: !!binary aGk=',
      1,
      13,
      'tags other than those of the core schema are not read',
    ],
    [
      'a merge key',
      'a: &x {b: 1}\nc:\n  <<: *x',
      3,
      3,
      'merge keys (<<) are not part of YAML 1.2: write the keys out',
    ],
    ['__proto__', '{"__proto__": {"x": 1}}', 1, 2, 'the key __proto__ is not allowed'],
    ['a key that is no text', '? [a]\n: b', 1, 3, 'a key is not plain text'],
    [
      'a number beyond 2^53',
      'a: 9007199254740993',
      1,
      4,
      'a whole number lies beyond 2^53 and would be rounded',
    ],
    [
      'one beyond it with a fraction of zero',
      'a: 9007199254740993.0',
      1,
      4,
      'a whole number lies beyond 2^53 and would be rounded',
    ],
    ['an infinite number', 'a: .inf', 1, 4, 'a number is infinite or none at all'],
    [
      'a mode in octal or decimal',
      'a: 0644',
      1,
      4,
      'a number with a leading zero is octal to some and decimal to others: write 0o… or quote it',
    ],
    ['a control character', 'a: 1\nb: x\u001b[2Jy', 2, 5, 'the text holds a control character'],
    ['half a surrogate pair', 'a: "\\ud83d"', 1, 4, 'a text holds half of a surrogate pair'],
    ['an unknown alias', 'a: *b', 1, 4, 'an alias names no anchor before it'],
    ['51 aliases', aliases(51), 2, 205, 'it uses more than 50 aliases'],
    ['a billion laughs', laughs, 3, 20, 'it uses more than 50 aliases'],
    ['an anchor in itself', 'a: &a [*a, *a]', 1, 7, 'it is nested deeper than 100 levels'],
    ['101 levels', deep(101), 1, 104, 'it is nested deeper than 100 levels'],
    ['a list for a document', '- a', 1, 1, 'a document must be a mapping (`key: value` lines)'],
    ['an open quote', 'a: "token-abc', 1, 14, 'a quote, bracket, comma, colon or space is missing'],
    ['a tab', 'a:\n\tb: 1', 2, 1, 'a tab is used as indentation'],
  ])('%s', async (_name, text, line, column, problem) => {
    await expect(parseDocuments(text)).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      message: `Line ${line}, column ${column}: ${problem}.`,
      details: { line, column },
    });
  });

  test('more than 3 MB', async () => {
    await expect(parseDocuments(`a: ${'x'.repeat(limits.manifestBytes)}`)).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
    });
  });

  test('a hundred thousand open brackets, without exhausting the stack', async () => {
    await expect(parseDocuments('['.repeat(100_000))).rejects.toMatchObject({ code: 'INVALID_MANIFEST' });
  });

  test.each([
    [
      'more words and signs than a document may have',
      `a:\n${'- {b: c}\n'.repeat(20_000)}`,
      /words and signs in one document/,
    ],
    ['more than a text may have', '{b: c}\n---\n'.repeat(60_000), /more than 500000 words and signs/],
    [
      'a document that no cluster could keep',
      `a: b\n${' b\n'.repeat(600_000)}`,
      /characters in one document/,
    ],
    ['brackets and values without end', `a: ${'[1,'.repeat(300_000)}`, /nested deeper than 100 levels/],
    ['steps of a list without end', `a:\n ${'- '.repeat(100_000)}`, /nested deeper than 100 levels/],
    ['questions without end', '? '.repeat(100_000), /nested deeper than 100 levels/],
    ['directives without end', '%FOO\n'.repeat(100_000), /more than 10 directives/],
    [
      'many documents that unfold',
      `x: &x [${'1,'.repeat(3_000)}]\ny: [${'*x,'.repeat(49)}]\n---\n`.repeat(20),
      /more than 200000 values/,
    ],
    ['a hundred thousand commas', `a: [${','.repeat(100_000)}]`, /text where none may stand/],
  ])('%s', async (_name, text, problem) => {
    await expect(parseDocuments(text)).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      message: expect.stringMatching(problem),
    });
  });

  test('what others have to do has its turn while a large text is read', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      later = setImmediate(count);
    };
    let later = setImmediate(count);
    try {
      expect(await parseDocuments(`a:\n${'- {b: c}\n'.repeat(10_000)}`)).toHaveLength(1);
    } finally {
      clearImmediate(later);
    }
    // 110,000 words and signs.
    expect(turns).toBeGreaterThan(20);
  });

  test('a manifest of 20,000 lines is read', async () => {
    const field = '      description: what it is for\n      type: string\n';
    const text = `spec:\n  fields:\n${Array.from({ length: 6_500 }, (_, index) => `    field${index}:\n${field}`).join('')}`;
    expect(await parseDocuments(text)).toMatchObject([
      { document: { spec: { fields: { field6499: { type: 'string' } } } } },
    ]);
  });

  test('50 aliases and 100 levels are still fine', async () => {
    expect((await parseDocuments(aliases(50)))[0]?.document['b']).toHaveLength(51);
    expect(await parseDocuments(deep(100))).toHaveLength(1);
  });
});

test('no message repeats what the text says', async () => {
  const token = 'hunter2-token';
  for (const text of [
    `a: "${token}`,
    `${token}: [`,
    `a: *${token}`,
    `a: !${token} x`,
    `- ${token}\nb`,
    `a: {${token}: 1, ${token}: 2}`,
    `%${token}\n---\na: 1`,
    `"\\q${token}": 1`,
  ]) {
    const error: unknown = await parseDocuments(text).then(
      () => expect.unreachable(text),
      (refused: unknown) => refused,
    );
    expect(JSON.stringify(error) + String(error)).not.toContain(token);
  }
});

test('a path leads to its line and column, and a missing one to the nearest that is there', async () => {
  const [read] = await parseDocuments('a: 1\nb:\n  - x: 1\n    y: 2\n');
  expect(read?.at(['b', 0, 'y'])).toEqual({ line: 4, column: 5 });
  expect(read?.at(['b'])).toEqual({ line: 2, column: 1 });
  expect(read?.at(['b', 0, 'z'])).toEqual({ line: 3, column: 5 });
  expect(read?.at([])).toEqual({ line: 1, column: 1 });
});

test('a wide document takes no time that grows with its square', async () => {
  const wide: JsonObject = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [`k${index}`, index]),
  );
  const [read] = await parseDocuments(JSON.stringify(wide));
  expect(Object.keys(read?.document ?? {})).toHaveLength(20_000);
});

test('a mark in a value is told by its place, and the value where there is none', async () => {
  const [parsed] = await parseDocuments('a: ["x", "one ${{ b }} two ${{ c }}"]\nb: plain\n');
  const mark = '${{';
  expect(parsed?.markAt(['a', 1], { mark, nth: 0 })).toEqual({ line: 1, column: 15 });
  expect(parsed?.markAt(['a', 1], { mark, nth: 1 })).toEqual({ line: 1, column: 28 });
  expect(parsed?.markAt(['a', 1], { mark, nth: 2 })).toEqual({ line: 1, column: 10 });
  expect(parsed?.markAt(['b'], { mark, nth: 0 })).toEqual({ line: 2, column: 4 });
  expect(parsed?.markAt(['none'], { mark, nth: 0 })).toMatchObject({ line: 1 });
});

test.each(['a: &x 1', 'a: !!int 1', '&x a: 1', 'a: &x 1\nb: *x', '%YAML 1.2\n---\na: 1'])(
  '%j is read, and refused where nothing may stand for something else',
  async text => {
    expect(await parseDocuments(text)).toHaveLength(1);
    await expect(parseDocuments(text, { bytes: 100, values: 100, plain: true })).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
    });
  },
);
