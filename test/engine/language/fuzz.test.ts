import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ExpressionChecker } from '../../../src/engine/language/expressions/check-expression.ts';
import { mermaidOf } from '../../../src/engine/language/graph.ts';
import { outlineOf, treeLines } from '../../../src/engine/language/outline.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import { fc } from '../../support/properties.ts';
import { drawnPlaybook } from './drawn-playbook.ts';
import { mistakesIn } from './mistakes-in.ts';

const shipped = globSync('playbooks/*/playbook.yaml').map(file => readFileSync(file, 'utf8'));

function expectPlaces(found: Awaited<ReturnType<typeof mistakesIn>>, text: string): void {
  const lines = text.split('\n').length;
  for (const { line, column, message, fix } of found) {
    expect(line).toBeGreaterThan(0);
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThan(0);
    expect(message.length).toBeGreaterThan(0);
    expect(message.length).toBeLessThan(500);
    expect(fix.length).toBeGreaterThan(0);
  }
}

test('any playbook, right or wrong, is checked and drawn to its end', async () => {
  await fc.assert(
    fc.asyncProperty(drawnPlaybook, async written => {
      const text = JSON.stringify(written, null, 1);
      expectPlaces(await mistakesIn(text), text);
      const { playbook } = await readPlaybook(text);
      if (playbook === undefined) return;
      expect(mermaidOf(playbook)).toMatch(/^flowchart TD\n/);
      expect(treeLines(outlineOf(playbook)).length).toBeGreaterThanOrEqual(playbook.steps.length);
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('a shipped playbook with a piece cut out, doubled or swapped is told with places, or still right', async () => {
  const edit = fc.record({
    which: fc.nat(shipped.length - 1),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(40),
    put: fc.oneof(
      fc.constantFrom(
        '',
        '"',
        "'",
        '{',
        '}',
        '[',
        ']',
        ':',
        '- ',
        '\n',
        '  ',
        '&a ',
        '*a',
        '!!str ',
        '${{',
        '}}',
        '#',
        '|',
        '%',
        '\t',
        '\0',
        'null',
      ),
      fc.string({ maxLength: 8 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(edit, async ({ which, at, cut, put }) => {
      const text = shipped[which] ?? '';
      const from = Math.floor(at * text.length);
      const edited = text.slice(0, from) + put + text.slice(from + cut);
      expectPlaces(await mistakesIn(edited), edited);
    }),
    { numRuns: 200 },
  );
}, 60_000);

test('any text is taken for an expression or told where it is none', () => {
  const checker = new ExpressionChecker({ n: { type: 'number', required: true } });
  const scope = { names: ['inputs', 'steps', 'run', 'trigger'] as const, items: ['row'] };
  const tokens = fc.constantFrom(
    'inputs',
    '.',
    'n',
    'steps',
    '["a"]',
    '.ok',
    '.output',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '?',
    '&&',
    '||',
    '!',
    '-',
    '+',
    '==',
    '<',
    'in',
    '1',
    '2u',
    '1.5',
    '"a"',
    "'",
    'b"x"',
    'null',
    'true',
    'row',
    '.map(x, ',
    '.all(x, ',
    '.filter(',
    'has(',
    'cel.bind(',
    'size(',
    'dyn(',
    '.matches(',
    '__proto__',
    'constructor',
    '/*',
    '//',
    '\n',
    '\\',
    '.?',
    '[?',
    'timestamp(',
    'type(',
    '🙂',
  );
  const source = fc.oneof(
    fc.array(tokens, { maxLength: 40 }).map(parts => parts.join('')),
    fc.array(tokens, { maxLength: 40 }).map(parts => parts.join(' ')),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  fc.assert(
    fc.property(source, text => {
      const checked = checker.check(text, scope);
      if (!('problems' in checked)) return;
      expect(checked.problems.length).toBeGreaterThan(0);
      for (const { at, message, fix } of checked.problems) {
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at).toBeLessThanOrEqual(text.length);
        expect(message).not.toBe('');
        expect(fix).not.toBe('');
      }
    }),
    { numRuns: 1_000 },
  );
});

test.each<[name: string, source: string]>([
  ['parentheses', `${'('.repeat(900)}1${')'.repeat(900)}`],
  ['lists', `${'['.repeat(900)}${']'.repeat(900)}`],
  ['minus signs', `${'-'.repeat(2_000)}1`],
  ['not signs', `${'!'.repeat(2_000)}true`],
  ['questions', `${'true ? 1 : '.repeat(180)}1`],
  ['sums', `${'1+'.repeat(1_000)}1`],
  ['members', `row${'.a'.repeat(1_000)}`],
  ['a long list', `[${'1,'.repeat(500)}1]`],
  ['a long map', `{${Array.from({ length: 250 }, (_, n) => `${n}:1`).join(',')}}`],
  ['a text too long', `"${'a'.repeat(3_000)}"`],
  ['macros', `row${'.map(x, x)'.repeat(100)}.map(y, row.map(z, row.map(w, 1)))`],
])('an expression of many %s is refused at once', (_name, source) => {
  const checker = new ExpressionChecker({});
  expect(checker.check(source, { names: ['run'], items: ['row'] })).toHaveProperty('problems');
});
