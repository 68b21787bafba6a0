import { describe, expect, test } from 'vitest';
import { compareHalves } from '../../src/logs/compare.ts';
import { TemplateMiner } from '../../src/logs/templates.ts';
import { fc } from '../support/properties.ts';

function mined(lines: readonly string[], slots = 4) {
  const miner = new TemplateMiner({ fromMs: 0, toMs: Math.max(1, lines.length), slots });
  for (const [index, text] of lines.entries())
    miner.add({ atMs: index, where: `web-${index % 3}`, text, lines: 1 });
  return miner;
}

const shown = (miner: TemplateMiner) =>
  miner.templates().map(({ level, count, tokens }) => `${level} ${count} ${tokens.join(' ')}`);

describe('templates', () => {
  test('lines that differ in their variables are one, errors first', () => {
    const lines = ['INFO took 3 ms', 'INFO took 44 ms', 'ERROR cannot reach 10.0.0.1', 'INFO took 5 ms'];
    expect(shown(mined(lines))).toEqual(['error 1 ERROR cannot reach <ip>', 'info 3 INFO took <num> ms']);
  });

  test('two outcomes stay apart, many names do not', () => {
    const outcomes = [
      'payment for order 1 accepted',
      'payment for order 2 refused',
      'payment for order 3 accepted',
    ];
    expect(shown(mined(outcomes))).toEqual([
      'other 2 payment for order <num> accepted',
      'other 1 payment for order <num> refused',
    ]);
    const names = ['alice', 'bob', 'carol', 'dan', 'erin', 'alice'].map(name => `user ${name} logged in`);
    expect(shown(mined(names))).toEqual(['other 6 user <*> logged in']);
  });

  test('each has its first and last time, its rate over the parts of the time, its newest example and its places', () => {
    const [template] = mined(['n 1', 'n 2', 'n 3', 'n 4', 'n 5', 'n 6', 'n 7', 'n 8']).templates();
    expect(template).toMatchObject({ count: 8, slots: [2, 2, 2, 2], firstMs: 0, lastMs: 7, example: 'n 8' });
    expect([...(template?.places ?? [])]).toEqual(['web-0', 'web-1', 'web-2']);
  });

  test('an event from outside of the time counts in the nearest part', () => {
    const miner = new TemplateMiner({ fromMs: 100, toMs: 200, slots: 2 });
    for (const atMs of [-5_000, 150, 9_999_999]) miner.add({ atMs, where: 'w', text: 'late', lines: 1 });
    expect(miner.templates()[0]?.slots).toEqual([1, 2]);
  });

  test('no line is lost or counted twice, whatever lines come in whatever order', () => {
    const word = fc.constantFrom(
      'user',
      'order',
      'a',
      'b',
      'c',
      'd',
      'e',
      '7',
      '10.0.0.1',
      '{',
      '"',
      'ERROR',
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.array(word, { maxLength: 6 }).map(words => words.join(' ')),
          { maxLength: 200 },
        ),
        lines => {
          const miner = mined(lines);
          const counted = miner.templates().reduce((sum, each) => sum + each.count, 0);
          const inSlots = miner
            .templates()
            .flatMap(each => each.slots)
            .reduce((sum, each) => sum + each, 0);
          expect([counted, inSlots, miner.events]).toEqual([lines.length, lines.length, lines.length]);
        },
      ),
    );
  });

  test('a million lines of which none is like another stay within bounds', () => {
    const miner = new TemplateMiner({ fromMs: 0, toMs: 1_000_000, slots: 24 });
    const letters = (index: number) =>
      Array.from(index.toString(26).padStart(5, '0'), each => each)
        .map(each => String.fromCharCode(97 + Number.parseInt(each, 26)))
        .join('');
    for (let index = 0; index < 1_000_000; index += 1) {
      const text = `${letters(index % 5_000)} ${letters(index * 7)} ${letters(index * 31)} ${letters(index * 131)}`;
      miner.add({ atMs: index, where: `pod-${letters(index)}`, text, lines: 1 });
    }
    const templates = miner.templates();
    expect(miner.events).toBe(1_000_000);
    expect(templates.length).toBeLessThanOrEqual(1_001);
    expect(templates.reduce((sum, each) => sum + each.count, 0)).toBe(1_000_000);
    expect(Math.max(...templates.map(each => each.places.size))).toBeLessThanOrEqual(50);
  });

  test('what is new, gone and grown between two halves of the time is told apart', () => {
    const half = (lines: Record<string, number>) =>
      Object.entries(lines).flatMap(([line, times]) => Array.from({ length: times }, () => line));
    const before = half({ 'INFO steady': 20, 'WARN slow': 4, 'INFO old way': 6, once: 1 });
    const after = half({ 'INFO steady': 22, 'WARN slow': 16, 'ERROR no such column': 3 });
    const miner = new TemplateMiner({ fromMs: 0, toMs: 200, slots: 2 });
    for (const text of before) miner.add({ atMs: 50, where: 'w', text, lines: 1 });
    for (const text of after) miner.add({ atMs: 150, where: 'w', text, lines: 1 });
    const shifts = compareHalves(miner.templates(), { grew: 3 }).map(
      ({ change, template, before: was, after: is }) => `${change} ${was}→${is} ${template.tokens.join(' ')}`,
    );
    expect(shifts).toEqual([
      'new 0→3 ERROR no such column',
      'grew 4→16 WARN slow',
      'gone 6→0 INFO old way',
      'same 20→22 INFO steady',
      'same 1→0 once',
    ]);
  });
});
