import { expect, test } from 'vitest';
import { bareExpression, readTemplate } from '../../../../src/engine/language/expressions/template.ts';
import { fc } from '../../../support/properties.ts';

test.each<[text: string, sources: string[], whole: boolean]>([
  ['plain', [], false],
  ['${{ a }}', ['a'], true],
  ['${{a}}', ['a'], true],
  [' ${{ a }}', ['a'], false],
  ['x ${{ a }} y ${{ b }}', ['a', 'b'], false],
  ['${{ {"a": {"b": 1}} }}', ['{"a": {"b": 1}}'], true],
  ['${{ "}}" }}', ['"}}"'], true],
  [`\${{ '\\'}}' + "\\"}}" }}`, [`'\\'}}' + "\\"}}"`], true],
  ['${{ """ a" }} """ }}', ['""" a" }} """'], true],
  ['$ {{ a }}', [], false],
  ['${{ }}', [''], true],
])('the expressions of %s', (text, sources, whole) => {
  const read = readTemplate(text);
  expect(read.embedded.map(({ source }) => source)).toEqual(sources);
  expect(read).toMatchObject({ whole });
  expect(read.open).toBeUndefined();
});

test.each(['${{ a', 'x ${{', '${{ "a }}', "${{ 'a\\' }}", '${{ {a }}', '${{ a }'])(
  '%s begins and does not end',
  text => {
    expect(readTemplate(text).open).toBe(text.indexOf('${{'));
  },
);

test('whatever the text, what is cut out and what is between make it up again', () => {
  const pieces = fc.array(fc.constantFrom('${{', '}}', '"', "'", '{', '}', '\\', 'a', ' ', '"""', '$'), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(pieces, parts => {
      const text = parts.join('');
      const { embedded, open } = readTemplate(text);
      let from = 0;
      for (const { source, start, end, lead } of embedded) {
        expect(start).toBeGreaterThanOrEqual(from);
        expect(text.slice(start, start + 3)).toBe('${{');
        expect(text.slice(end - 2, end)).toBe('}}');
        if (source !== '') expect(text.slice(start + 3 + lead).startsWith(source)).toBe(true);
        from = end;
      }
      if (open !== undefined) expect(open).toBeGreaterThanOrEqual(from);
      else expect(text.indexOf('${{', from)).toBe(-1);
    }),
  );
});

test('a condition may have the signs around it or not', () => {
  expect(bareExpression('${{ a == 1 }}')).toBe('a == 1');
  expect(bareExpression(' a == 1 ')).toBe('a == 1');
  expect(bareExpression('${{ a }} == ${{ b }}')).toBe('${{ a }} == ${{ b }}');
});
