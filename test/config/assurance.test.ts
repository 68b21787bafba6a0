import { expect, test } from 'vitest';
import { assuranceInProcess } from '../../src/config/assurance.ts';

test.each(['cli', 'mcp-stdio'] as const)(
  'a Vigie in the asker’s own process (%s) is advisory, with the account',
  door => {
    expect(assuranceInProcess(door)).toMatchObject({
      assurance: 'advisory',
      reasons: [{ why: expect.stringContaining(`(uid ${process.getuid?.()})`), todo: expect.any(String) }],
    });
  },
);

test('who asks over HTTP cannot be told, so it is advisory', () => {
  expect(assuranceInProcess('mcp-http')).toMatchObject({
    assurance: 'advisory',
    reasons: [{ why: 'the side that asks over HTTP cannot be told apart from this account' }],
  });
});
