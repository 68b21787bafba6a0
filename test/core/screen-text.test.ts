import { createColors } from 'picocolors';
import { describe, expect, test } from 'vitest';
import { screenJson, screenText } from '../../src/core/screen-text.ts';
import { fc } from '../support/properties.ts';

// oxlint-disable-next-line no-control-regex -- what must not be left
const obeyed = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2066-\u2069]/;
const hostile = '\u001B[2J\u001B[H\u001B]52;c;cm0gLXJmIC8=\u0007ok\u009B31m\r\u202Efdp\u001B[8mhidden';

describe('text for a screen', () => {
  test('keeps every colour that picocolors writes, and where it ends', () => {
    const { hidden, ...colors } = createColors(true);
    expect(screenText(hidden('text'), { colours: true })).toBe('text');
    for (const paint of Object.values(colors)) {
      if (typeof paint !== 'function') continue;
      const painted = paint('text');
      expect(screenText(painted, { colours: true })).toBe(painted);
      expect(screenText(painted, { colours: false })).toBe('text');
    }
  });

  test('holds nothing else that a terminal obeys or hides, whatever is within the colours', () => {
    const { red } = createColors(true);
    expect(screenText(`a ${red(hostile)} b`, { colours: true })).toBe(`a ${red('ok\nfdphidden')} b`);
    const pieces = fc.constantFrom(
      '\u001B',
      '[',
      ']',
      '2J',
      '31m',
      '\u001B[31m',
      '52;c;x',
      '\u0007',
      'm',
      '\u009B',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' }))), parts => {
        const shown = screenText(parts.join(''), { colours: true });
        // oxlint-disable-next-line no-control-regex -- our own colours
        expect(shown.replaceAll(/\u001B\[\d{1,3}m/g, '')).not.toMatch(obeyed);
        expect(screenText(parts.join(''), { colours: false })).not.toMatch(obeyed);
      }),
    );
  });
});

test('JSON for a screen holds the same values and nothing that a terminal obeys or hides', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const json = screenJson(JSON.stringify({ [text]: [text, '\u{E0041}\u202E'] }));
      expect(json).not.toMatch(obeyed);
      expect(JSON.parse(json)).toEqual({ [text]: [text, '\u{E0041}\u202E'] });
    }),
  );
});
