import { afterEach, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { LocalDesk } from '../../src/desk/local.ts';
import { startVigie, type TestVigie } from '../support/start-vigie.ts';

let running: TestVigie;
afterEach(() => running.stop());

test('who typed five wrong passphrases is given nothing to sign, and told what another can do', async () => {
  running = await startVigie({ accept: false });
  const desk = new LocalDesk(running.vigie, { login: 'alice', answerBytes: limits.responseBytes });
  const asked = { act: 'policy-accept', approver: 'alice' } as const;
  expect((await desk.prepareStatement(asked)).statement).toMatchObject(asked);
  for (let left = 4; left >= 0; left -= 1)
    expect(await desk.countWrongPassphrase({ person: 'alice', purpose: 'accept this policy' })).toEqual({
      attemptsLeft: left,
    });
  await expect(desk.prepareStatement(asked)).rejects.toMatchObject({
    code: 'WRONG_PASSPHRASE',
    message: expect.stringContaining('alice is paused until'),
    hint: expect.stringContaining('--as'),
    details: { attemptsLeft: 0 },
  });
  expect(await desk.approverKeys()).toMatchObject([{ person: 'alice', pausedUntil: expect.any(String) }]);
});

test('whoever is no approver is told who is', async () => {
  running = await startVigie();
  const desk = new LocalDesk(running.vigie, { login: 'alice', answerBytes: limits.responseBytes });
  await expect(desk.prepareStatement({ act: 'policy-accept', approver: 'mallory' })).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
    hint: 'See who is: vigie approvers list',
  });
});
