import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main } from '../support/command-line.ts';
import { type Attack, judge } from './attack.ts';
import { attacks } from './index.ts';
import { lineOf, markdownOf, summaryOf } from './report.ts';
import { runAttacks } from './run-attacks.ts';

const runner = join(import.meta.dirname, 'run.ts');

function attack(name: string, more: Partial<Attack>): Attack {
  return {
    name,
    adversary: 'a web page',
    does: 'Does nothing.',
    must: 'Nothing happens.',
    run: async () => ({ held: true, saw: 'nothing' }),
    ...more,
  };
}

test('an attack that is not held, throws, or expects what is not so is BROKEN, and the others are told apart', async () => {
  const endings = await runAttacks(
    [
      attack('held', {}),
      attack('undefended', { undefended: true }),
      attack('open', { run: async () => ({ held: false, saw: 'a door' }) }),
      attack('undefended-and-silent', {
        undefended: true,
        run: async () => ({ held: false, saw: 'silence' }),
      }),
      attack('throws', { run: () => Promise.reject(new Error('no such door')) }),
      attack('judged', { run: async () => judge('rain', { 'the sun shines': false, 'it is wet': true }) }),
    ],
    { main },
  );
  expect(endings.map(({ attack, end, saw }) => [attack.name, end, saw])).toEqual([
    ['held', 'held', 'nothing'],
    ['undefended', 'said so', 'nothing'],
    ['open', 'BROKEN', 'a door'],
    ['undefended-and-silent', 'BROKEN', 'silence'],
    ['throws', 'BROKEN', 'no such door'],
    ['judged', 'BROKEN', 'not so: the sun shines (rain)'],
  ]);
  expect(summaryOf(endings)).toBe(
    '6 attacks: 1 held, 1 said so, 4 BROKEN: open, undefended-and-silent, throws, judged, 0 not run',
  );
  expect(markdownOf(endings)).toContain('| `open`: Does nothing. | Nothing happens. | a door | BROKEN |');
});

test('a line of the table fits 140 columns and cuts no word of it', async () => {
  const must = 'Nothing happens, however often it is tried. '.repeat(5);
  const [ending] = await runAttacks([attack('one', { must })], { main });
  if (ending === undefined) throw new Error('it did not end');
  const lines = lineOf({ ...ending, ms: 99_900 }).split('\n');
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(140);
  expect(lines.map(line => line.split(' | ')[1]?.trim()).join(' ')).toBe(must.trim());
});

test('the program breaks when an attack does: one against a product that is not there', () => {
  const { status, stdout } = run(
    'http-without-a-token',
    '--product',
    join(import.meta.dirname, 'missing.js'),
  );
  expect(status).toBe(1);
  expect(stdout).toMatch(/^held: .* said so: .* BROKEN: /);
  expect(stdout).toMatch(/1 BROKEN: http-without-a-token, 0 not run\n$/);
});

test('the program breaks when no attack has the name that it was asked for', () => {
  const { status, stderr } = run('http-without-a-token', 'no-such-attack');
  expect(status).toBe(1);
  expect(stderr).toContain('There is no attack no-such-attack. There are: ');
});

test('every attack has a name of its own in kebab case and says what it does and what must happen', () => {
  const names = attacks.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, does, must } of attacks) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(
      [does, must].every(sentence => /^\S.{10,}\.$/.test(sentence)),
      name,
    ).toBe(true);
  }
});

function run(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [runner, ...words], { encoding: 'utf8', timeout: 280_000 });
}
