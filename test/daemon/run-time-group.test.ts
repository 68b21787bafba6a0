import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Apart, cannotBeApart, type TestAccount } from '../support/apart.ts';

// A process can have a group that no database gives its account: systemd's SupplementaryGroups=, a container's
// --group-add, sg with a group's password. The folder of a socket lets it in, so the daemon has to ask who it is.

const where = cannotBeApart === undefined ? '' : ` (skipped: ${cannotBeApart})`;

describe.skipIf(cannotBeApart !== undefined)(`a group that a process has at run time alone${where}`, () => {
  let apart: Apart;
  let id = '';

  beforeAll(async () => {
    apart = await Apart.make();
    await apart.start();
  });
  afterAll(() => apart.remove());

  async function atTheApprovers({ uid, gid }: TestAccount, groups: readonly number[]): Promise<unknown> {
    const become = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`];
    const lent = groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`;
    const program = [process.execPath, 'test/daemon/processes/call-approvers.ts', apart.run, id];
    const [command = '', ...words] = [...become, lent, '--', ...program];
    // The sandbox answers from this process, which must not stand still.
    return JSON.parse((await promisify(execFile)(command, words)).stdout);
  }

  async function screenOf(ticket: string): Promise<string> {
    const terminal = apart.atTerminal(apart.accounts.approver, 'approve', ticket);
    try {
      return await terminal.readOnUntil('Passphrase of alice');
    } finally {
      terminal.close();
    }
  }

  test('an approver of the database is served', async () => {
    const { agent, approver } = apart.accounts;
    const asked = await apart.vigie(agent, 'k8s', 'scale', 'deploy/web', '-n', 'shop', '--replicas', '4');
    id = /vigie approve (\w{8})/.exec(asked.stdout)?.[1] ?? '';
    expect(await screenOf(id)).toContain('Approval     separated');
    expect(await atTheApprovers(approver, [])).toEqual({
      keys: 'answered',
      review: 'answered',
      wrong: 'answered',
    });
  });

  test('an account that only such a group lets in is told nothing there, and pauses nobody', async () => {
    const { agent, approver } = apart.accounts;
    const refused = { keys: 'APPROVER_SOCKET', review: 'APPROVER_SOCKET', wrong: 'APPROVER_SOCKET' };
    expect(await atTheApprovers(agent, [approver.gid])).toEqual(refused);
    expect(await atTheApprovers({ ...agent, uid: 54_321 }, [approver.gid])).toEqual(refused);
  });

  test('it is in the audit, and what it asks for or has asked for is advisory from then on, which the screen says', async () => {
    const { agent } = apart.accounts;
    const why = `it was asked for from ${agent.login}, whose process came to the approvers' socket by a group that the account has not`;
    expect(await screenOf(id)).toContain(`Approval     advisory: ${why}`);
    const asked = await apart.vigie(agent, 'k8s', 'scale', 'deploy/web', '-n', 'shop', '--replicas', '5');
    expect(asked.stdout).toContain('approvals here are advisory');
    expect((await apart.vigie(agent, 'doctor')).stdout).toContain(`assurance: advisory, since ${why}`);
    const { stdout } = await apart.vigie(agent, 'audit', 'list', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      rows: expect.arrayContaining([
        expect.objectContaining({
          event: 'refused',
          facts: expect.objectContaining({ socket: 'approver', onBehalfOf: agent.login }),
        }),
      ]),
    });
  });

  test('an account of no database is told at the agents’ socket that what it asks for is advisory', async () => {
    const { agent } = apart.accounts;
    const { stdout } = await apart.vigie({ ...agent, uid: 54_322 }, 'doctor');
    expect(stdout).toContain(
      'assurance: advisory, since it was asked for from uid-54322, which is not among the accounts',
    );
  });
});
