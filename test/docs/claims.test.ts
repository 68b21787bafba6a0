import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { attacks } from '../attacks/index.ts';

// SECURITY.md promises only what an attack of the suite or a test holds, and names it behind each promise.

const text = readFileSync('SECURITY.md', 'utf8');
const names = new Set(attacks.map(attack => attack.name));

/** Each item of a list, with the lines that it goes on in. */
function itemsOf(section: string): string[] {
  return section
    .split(/\n(?=- )/)
    .filter(item => item.startsWith('- '))
    .map(item => item.split('\n\n')[0] ?? '');
}

function heldBy(item: string): string[] {
  return (new RegExp('<!-{2} held by: ([^>]+) -{2}>').exec(item)?.[1] ?? '')
    .split(', ')
    .filter(name => name !== '');
}

test('every promise names the attacks or tests that hold it', () => {
  const promises = itemsOf(text.split('## What Vigie protects')[1]?.split('\n## ')[0] ?? '');
  expect(promises.length).toBeGreaterThan(10);
  expect(promises.filter(item => heldBy(item).length === 0)).toEqual([]);
});

test('what is named is there', () => {
  const named = itemsOf(text).flatMap(heldBy);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(name => !names.has(name) && !existsSync(name))).toEqual([]);
});

test('every attack stands for a line of SECURITY.md', () => {
  const named = new Set(itemsOf(text).flatMap(heldBy));
  expect([...names].filter(name => !named.has(name))).toEqual([]);
});
