import { expect, test } from 'vitest';
import { VigieError } from '../../src/core/errors.ts';
import { troubleOf } from '../../src/pipeline/trouble.ts';

test('evidence says where, by which code and why, for whatever was thrown', () => {
  expect(troubleOf(new VigieError('FORBIDDEN', 'no right to it'), 'Deployment/web')).toBe(
    'Deployment/web: FORBIDDEN: no right to it',
  );
  const stopped = AbortSignal.abort().reason as unknown;
  expect(troubleOf(stopped, 'Deployment/web')).toBe('Deployment/web: CANCELLED: stopped before it ended.');
  expect(troubleOf(new TypeError('x is not a function'), 'here')).toBe('here: x is not a function');
  expect(troubleOf('thrown text', 'here')).toBe('here: thrown text');
});
