import { expect, test } from 'vitest';
import { isOwnNote, shownStep } from '../../../src/engine/interpreter/said-of-step.ts';

test.each([
  ['each[0]/timeout', 'each[0]/timeout', false],
  ['.undo/timeout', 'undo timeout', false],
  ['.finally/last', 'finally/last', false],
  ['gate/seat12', 'gate', true],
  ['#3/since', '#3', true],
  ['each[0]/begun', 'each[0]', true],
  ['each[0]/over', 'each[0]', false],
  ['over', 'over', false],
  ['.steps', 'steps', true],
])('%s is shown as %s', (path, shown, note) => {
  expect({ shown: shownStep(path), note: isOwnNote(path) }).toEqual({ shown, note });
});
