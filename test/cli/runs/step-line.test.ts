import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { shownPath, stepLine } from '../../../src/cli/runs/step-line.ts';

const plain = picocolors.createColors(false);

test('how a gate ends is one line, under the name that its author gave it', () => {
  const failed = { attempt: 1, state: 'failed', error: { message: 'more: rejected' }, at: 0 } as const;
  expect(stepLine({ ...failed, path: 'gate/over' }, plain)).toBe('✗ gate: more: rejected');
  expect(stepLine({ ...failed, path: 'gate/seat1' }, plain)).toBeUndefined();
  expect(shownPath('.undo/up')).toBe('undo up');
});
