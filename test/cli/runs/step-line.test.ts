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

test('who agreed, and that there was nothing to do, is said of a step that ended well', () => {
  const done = { path: 'gate', attempt: 1, state: 'done', at: 0 } as const;
  const by = ['alice', 'bob\u001B[1m'];
  expect(stepLine({ ...done, output: { decision: 'approved', by } }, plain)).toBe(
    '✓ gate  approved by alice, bob',
  );
  expect(stepLine({ ...done, output: { decision: 'nothing', by: [] } }, plain)).toBe('– gate  nothing to do');
  expect(stepLine({ ...done, path: 'up', output: { status: 'nothing_to_do', data: {} } }, plain)).toBe(
    '– up  nothing to do',
  );
  expect(stepLine({ ...done, path: '.finally/last', output: { status: 'answered', data: {} } }, plain)).toBe(
    '✓ finally/last',
  );
});
