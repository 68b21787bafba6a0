import { expect, test } from 'vitest';
import { hintOfFault } from '../../src/core/fault.ts';

async function missingModule(): Promise<unknown> {
  const gone = new URL('./no-such-chunk.js', 'file:///nowhere/').href;
  return import(/* @vite-ignore */ gone).catch((error: unknown) => error);
}

test('a module that is gone says that Vigie was replaced, and how to start it again', async () => {
  const error = await missingModule();
  expect(hintOfFault(error, { daemon: true })).toBe(
    'Vigie was replaced while it ran: systemctl restart vigie',
  );
  expect(hintOfFault(error, { daemon: false })).toMatch(/^Vigie was replaced while it ran: start it again/);
});

test('any other fault is found in the log', () => {
  expect(hintOfFault(new TypeError('x'), { daemon: true })).toContain('journalctl -u vigie');
  expect(hintOfFault('x', { daemon: false })).toContain('standard error');
});
