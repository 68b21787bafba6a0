import { expect, test } from 'vitest';
import { exceptions, mostExceptions } from './exceptions.ts';
import { recordedScript } from './kubectl/goldens.ts';
import { scripts } from './kubectl/scripts.ts';
import { subjects } from './requests/index.ts';

const asked = subjects.flatMap(({ subject, asks }) => asks.map(({ name }) => `${subject}: ${name}`));
const ofScripts = scripts.flatMap(script =>
  recordedScript(script).flatMap(({ version, printed, transcript }) => [
    ...printed.map(({ line }) => ({ version, script: script.script, name: `kubectl ${line}` })),
    ...transcript.map(({ ask }) => ({ version, script: script.script, name: ask.name })),
  ]),
);
// What both kubectls ask alike counts once.
const names = new Set([...asked, ...ofScripts.map(({ script, name }) => `${script}: ${name}`)]);
const known = new Set([
  ...names,
  ...ofScripts.map(({ script, version, name }) => `${script} ${version}: ${name}`),
]);

test('every request has a name of its own', () => {
  expect(asked.filter((name, index) => asked.indexOf(name) !== index)).toEqual([]);
});

test('the sandbox differs on at most five of a hundred requests, each for a reason', () => {
  expect(names.size).toBeGreaterThan(600);
  expect(Object.keys(exceptions).length).toBeLessThanOrEqual(names.size * mostExceptions);
  expect(Object.values(exceptions).filter(reason => reason.length < 20)).toEqual([]);
});

test('no exception is left that nobody asks for', () => {
  expect(Object.keys(exceptions).filter(name => !known.has(name))).toEqual([]);
});
