import { expect, test } from 'vitest';
import { readYaml } from '../../../src/sandbox/api/body.ts';

const names = Array.from({ length: 40_000 }, (_, index) => `key${index}`);

// Comparing each key with every other one would take half a minute, which the runner's own limit ends.
test.each([
  ['JSON', JSON.stringify(Object.fromEntries(names.map(name => [name, 1])))],
  ['YAML', names.map(name => `${name}: 1`).join('\n')],
])('a body of forty thousand keys is read as %s', (_form, text) => {
  const data = readYaml(text);
  expect(Object.keys(data ?? {})).toHaveLength(names.length);
});

test('a flow mapping that is no JSON is YAML 1.1, in which y is true', () => {
  expect(readYaml('{a: y, b: [1, two]}')).toEqual({ a: true, b: [1, 'two'] });
});

test.each([
  ['a key given twice', 'a: 1\nb: {c: 1, c: 2}', 'key "c" is given twice'],
  ['a syntax error', 'a: [1', 'error decoding YAML'],
  ['aliases of aliases', bomb(), 'error decoding YAML'],
  ['deep nesting', '['.repeat(300) + ']'.repeat(300), 'deeper than 200'],
])('%s is refused', (_what, text, message) => {
  expect(() => readYaml(text)).toThrow(message);
});

test('the same key in two mappings is no repetition', () => {
  expect(readYaml('a: {x: 1}\nb: {x: 2}')).toEqual({ a: { x: 1 }, b: { x: 2 } });
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x]'];
  for (let n = 1; n < 9; n += 1)
    lines.push(`a${n}: &a${n} [${Array.from({ length: 8 }, () => `*a${n - 1}`).join(', ')}]`);
  return lines.join('\n');
}
