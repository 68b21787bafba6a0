import { expect, test } from 'vitest';
import { ownName } from '../../src/cli/demo/own-name.ts';

test.each([
  ['npx', { npm_command: 'exec' }, 'npx vigie'],
  ['a script of npm', { npm_command: 'run-script' }, 'vigie'],
  ['a shell', {}, 'vigie'],
])('whoever starts it by %s is told how to start it again', (_by, env, name) => {
  expect(ownName(env)).toBe(name);
});
