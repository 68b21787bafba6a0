import { afterEach, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { LocalDesk } from '../../src/desk/local.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

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

test('a wrong passphrase is recorded with the login that typed it, whosesoever it is', async () => {
  running = await startVigie();
  const desk = new LocalDesk(running.vigie, { login: 'mallory', answerBytes: limits.responseBytes });
  const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
  const ticket = idOf(await running.call('k8s_scale', { target, replicas: 3 }));
  await desk.countWrongPassphrase({ person: 'alice', purpose: 'accept this policy' });
  await desk.countWrongPassphrase({ person: 'alice', ticket });
  const rows = await desk.auditRows({ limit: 2 });
  for (const row of rows)
    expect(row).toMatchObject({ event: 'wrong_passphrase', facts: { approver: 'alice', by: 'mallory' } });
  expect(rows).toHaveLength(2);
});

test('whoever is no approver is told who is', async () => {
  running = await startVigie();
  const desk = new LocalDesk(running.vigie, { login: 'alice', answerBytes: limits.responseBytes });
  await expect(desk.prepareStatement({ act: 'policy-accept', approver: 'mallory' })).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
    hint: 'See who is: vigie approvers list',
  });
});
