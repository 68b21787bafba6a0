import { describe, expect, test } from 'vitest';
import { editRuleText, groupsIn, loosened } from '../../src/metrics/rule-text.ts';
import { fc } from '../support/properties.ts';

const group = (rule: Record<string, string>) => [{ name: 'g', rules: [{ alert: 'A', ...rule }] }];

describe('whether an alert rings less', () => {
  test.each([
    ['x > 5', 'x > 6', ['loosens the alert A: its limit goes from 5 to 6']],
    ['x > 5', 'x > 4', []],
    ['x >= 5', 'x  >=\n4.5', []],
    ['x < 5', 'x < 4', ['loosens the alert A: its limit goes from 5 to 4']],
    ['x < 5', 'x < 6', []],
    ['x > 5', 'x < 6', ['loosens the alert A: its condition is another one']],
    ['x == 5', 'x == 6', ['loosens the alert A: its condition is another one']],
    ['x > 5', 'x > -6', []],
    ['x > 5', 'x > 5 and y > 1', ['loosens the alert A: its condition is another one']],
    ['x > bool 5', 'x > bool 6', ['loosens the alert A: its condition is another one']],
    ['sum(x) by (a) > 5', 'sum(x) by (b) > 5', ['loosens the alert A: its condition is another one']],
    ['absent(x)', 'absent(y)', ['loosens the alert A: its condition is another one']],
  ])('%s, then %s', (before, after, why) => {
    expect(loosened(group({ expr: before }), group({ expr: after }))).toEqual(why);
  });

  test('one of two alerts of a name is missed, and one that moves to another group is not', () => {
    const two = [{ name: 'g', rules: [1, 2].map(limit => ({ alert: 'A', expr: `x > ${limit}` })) }];
    expect(loosened(two, group({ expr: 'x > 1' }))).toEqual(['deletes one of the alerts A']);
    expect(loosened(group({ expr: 'x > 1' }), [{ ...group({ expr: 'x > 1' })[0], name: 'h' }])).toEqual([]);
  });

  test('it ends sooner, or lasts longer', () => {
    const before = group({ expr: 'x', for: '5m', keep_firing_for: '10m' });
    expect(loosened(before, group({ expr: 'x', for: '1h', keep_firing_for: '1m' }))).toEqual([
      'loosens the alert A: it has to last longer',
      'loosens the alert A: it ends sooner',
    ]);
  });
});

describe('the text of a rule file', () => {
  test.each([
    ['  - ', '{alert: A, expr: x > 1}'],
    ['- ', '{ alert: A, expr: x > 1 }'],
  ])('keeps every line of other groups, with lists as %j and rules as %s', async (list, flow) => {
    const inner = ' '.repeat(list.length);
    const text = `# why\ngroups:\n${list}name: kept # here\n${inner}rules:\n${inner}${list === '- ' ? '' : '  '}- ${flow}\n`;
    const more = await editRuleText(text, { name: 'new', rules: [{ alert: 'B', expr: 'y' }] });
    expect(more?.startsWith(text), more).toBe(true);
  });

  test('reads back as what was set, whatever the texts are, and other groups stay', async () => {
    const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter(isPlain);
    const rule = fc.record({ alert: words, expr: words, annotations: fc.dictionary(words, words) });
    await fc.assert(
      fc.asyncProperty(
        words,
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        words,
        async (name, rules, other) => {
          fc.pre(name !== other);
          const first = await editRuleText('# kept\ngroups: []\n', { name: other, rules });
          const text = await editRuleText(first, { name, rules: rules.toReversed() });
          expect(await groupsIn(text ?? '')).toEqual([
            { name: other, rules },
            { name, rules: rules.toReversed() },
          ]);
          const gone = await editRuleText(text, { name, rules: undefined });
          expect(await groupsIn(gone ?? '')).toEqual([{ name: other, rules }]);
          expect(await editRuleText(gone, { name: other, rules: undefined })).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** What strict YAML takes; a tool refuses the rest before. */
function isPlain(text: string): boolean {
  return !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text) && text !== '__proto__';
}
