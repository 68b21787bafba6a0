import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Apart, cannotBeApart } from '../support/apart.ts';

const where = cannotBeApart === undefined ? '' : ` (skipped: ${cannotBeApart})`;

describe.skipIf(cannotBeApart !== undefined)(`an account in neither group of a daemon${where}`, () => {
  let apart: Apart;
  const stranger = { login: 'uid-54321', uid: 54_321, gid: 54_321 };
  const why = 'and this account is in neither of its groups';

  beforeAll(async () => {
    apart = await Apart.make();
    await apart.start();
  });
  afterAll(() => apart.remove());

  const said = (as: { login: string; uid: number; gid: number }) =>
    apart.node(as, ['test/daemon/processes/say-shut-out.ts', apart.run]);

  test('is told so by doctor, and members of a group are not', () => {
    expect(said(stranger)).toEqual([
      {
        area: 'daemon',
        state: 'note',
        what: `there is a daemon here (${apart.run}), ${why}: what follows is about its own files`,
        todo: expect.stringContaining('then log in again'),
      },
    ]);
    expect(said(apart.accounts.agent)).toEqual([]);
    expect(said(apart.accounts.approver)).toEqual([]);
  });

  test('is told so where it names the daemon, and is not led to files of its own', async () => {
    for (const words of [['doctor'], ['approve', 'aaaaaaaa'], ['k8s', 'list', 'pods']]) {
      const { status, stdout, stderr } = await apart.vigie(stranger, ...words);
      expect(status).not.toBe(0);
      expect(stdout + stderr).toContain(why);
      expect(stdout + stderr).toContain('log in again');
      expect(stdout + stderr).not.toContain('no approver');
    }
  });
});
