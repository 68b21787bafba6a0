import { expect, test } from 'vitest';
import { exceptions, mostExceptions } from './exceptions.ts';
import { subjects } from './requests/index.ts';

const names = subjects.flatMap(({ subject, asks }) => asks.map(({ name }) => `${subject}: ${name}`));

test('every request has a name of its own', () => {
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('the sandbox differs on at most five of a hundred requests, each for a reason', () => {
  expect(names.length).toBeGreaterThan(600);
  expect(Object.keys(exceptions).length).toBeLessThanOrEqual(names.length * mostExceptions);
  expect(Object.values(exceptions).filter(reason => reason.length < 20)).toEqual([]);
});

test('no exception is left that nobody asks for', () => {
  expect(Object.keys(exceptions).filter(name => !names.includes(name))).toEqual([]);
});
