import { chmodSync, chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Apart, cannotBeApart, passphrase } from '../support/apart.ts';
import { main } from '../support/command-line.ts';

// Three accounts of this machine, as they would be set up: the daemon's, an agent's and an approver's. What keeps them
// apart is the kernel; so they are real accounts, and where the suite is not root's this is skipped.

const where = cannotBeApart === undefined ? '' : ` (skipped: ${cannotBeApart})`;

describe.skipIf(cannotBeApart !== undefined)(`a daemon of its own account${where}`, () => {
  let apart: Apart;
  let id = '';

  beforeAll(async () => {
    apart = await Apart.make();
    await apart.start();
  });
  afterAll(() => apart.remove());

  test('an agent’s account asks over its socket, for itself, and is told that approvals are separated', async () => {
    const { agent } = apart.accounts;
    const asked = await apart.vigie(agent, 'k8s', 'scale', 'deploy/web', '-n', 'shop', '--replicas', '4');
    expect(asked.stderr + asked.stdout).toContain('approvals here are separated');
    expect(asked.status).toBe(3);
    id = /vigie approve (\w{8})/.exec(asked.stdout)?.[1] ?? '';
    expect(id).not.toBe('');
    const listed = await apart.vigie(agent, 'audit', 'list', '-o', 'json');
    expect(JSON.parse(listed.stdout)).toMatchObject({
      rows: expect.arrayContaining([
        expect.objectContaining({
          event: 'ticketed',
          facts: expect.objectContaining({ onBehalfOf: agent.login, assurance: 'separated' }),
        }),
      ]),
    });
  });

  test('its MCP server is a thin one, and the ticket is for the account that runs it', async () => {
    const { agent } = apart.accounts;
    const client = await apart.connectMcp(agent);
    try {
      const listed = await client.callTool({ name: 'environments_list', arguments: {} });
      expect(listed.structuredContent).toMatchObject({ assurance: 'separated' });
      const asked = await client.callTool({
        name: 'k8s_scale',
        arguments: { target: { kind: 'Deployment', name: 'web', namespace: 'shop' }, replicas: 5 },
      });
      expect(JSON.stringify(asked.content)).toContain('approvals here are separated');
      const shown = await apart.vigie(agent, 'approvals', '-o', 'json');
      const { tickets } = JSON.parse(shown.stdout) as { tickets: { actor: unknown }[] };
      expect(tickets.map(({ actor }) => actor)).toContainEqual({
        kind: 'agent',
        name: 'probe-client',
        via: 'mcp-stdio',
        onBehalfOf: agent.login,
      });
    } finally {
      await client.close();
    }
  });

  test('it can open neither the approvers’ socket nor store, key, approvers file and kubeconfig', () => {
    const { agent } = apart.accounts;
    const files = [
      join(apart.home, 'vigie.db'),
      join(apart.home, 'keys', 'installation.key'),
      apart.kubeconfig,
      join(apart.dir, 'etc', 'approvers.yaml'),
    ];
    expect(files.filter(file => !existsSync(file))).toEqual([]);
    const folders = [join(apart.run, 'approve'), apart.home];
    const [asking, deciding] = ['agent', 'approve'].map(kind => join(apart.run, kind, `${kind}.sock`));
    const tried = [...files, ...folders, asking ?? '', deciding ?? ''];
    expect(apart.node(agent, ['test/daemon/processes/try-to-open.ts', ...tried])).toEqual({
      ...Object.fromEntries(tried.map(path => [path, 'EACCES'])),
      [asking ?? '']: 'connected',
    });
  });

  test('it is refused what approvers do, and the ticket stays open', async () => {
    const { agent } = apart.accounts;
    const terminal = apart.atTerminal(agent, 'approve', id);
    try {
      expect(await terminal.ended()).not.toBe(0);
      expect(terminal.shown).toContain('nothing is decided there');
    } finally {
      terminal.close();
    }
    const open = await apart.vigie(agent, 'approvals', '-o', 'json');
    expect(open.stdout).toContain(id);
  });

  test('a third account sees what it is worth, approves, and the change is made', async () => {
    const { approver, agent } = apart.accounts;
    const terminal = apart.atTerminal(approver, 'approve', id);
    try {
      const shown = await terminal.readOnUntil('Passphrase of alice');
      expect(shown).toContain(`for ${agent.login}`);
      expect(shown).toContain(
        "Approval     separated: the asker's account cannot reach the approvers' socket, credentials or store",
      );
      expect(shown).not.toContain('from one OS account');
      terminal.type(`${passphrase}\r`);
      expect(await terminal.ended(), terminal.shown).toBe(0);
    } finally {
      terminal.close();
    }
    const done = await apart.vigie(agent, 'changes', 'get', id, '-o', 'json');
    expect(JSON.parse(done.stdout)).toMatchObject({ state: 'done' });
  });

  test('what an approver’s own account asks for is advisory, and the screen says why', async () => {
    const { approver } = apart.accounts;
    const asked = await apart.vigie(approver, 'k8s', 'scale', 'deploy/web', '-n', 'shop', '--replicas', '3');
    expect(asked.stdout).toContain('approvals here are advisory');
    const own = /vigie approve (\w{8})/.exec(asked.stdout)?.[1] ?? '';
    const terminal = apart.atTerminal(approver, 'approve', own);
    try {
      const shown = await terminal.readOnUntil('Passphrase of alice');
      expect(shown).toContain(
        `Approval     advisory: it was asked for from ${approver.login}, an account that may reach the approvers' socket`,
      );
      expect(shown).toContain(`asked for and approved from one OS account, ${approver.login}`);
    } finally {
      terminal.close();
    }
  });

  test('an agent neither rejects a person’s ticket, nor blocks a person by rejecting its own, also of an undo', async () => {
    const { agent, approver } = apart.accounts;
    const scale = async (as: typeof agent, replicas: string) => {
      const words = ['k8s', 'scale', 'deploy/web', '-n', 'shop', '--replicas', replicas];
      const { stdout } = await apart.vigie(as, ...words);
      return { stdout, id: /vigie approve (\w{8})/.exec(stdout)?.[1] ?? 'none' };
    };
    const persons = await scale(approver, '6');
    const refused = await apart.vigie(agent, 'reject', persons.id);
    expect(refused.stderr).toContain("at the agents' socket each rejects their own");
    expect((await apart.vigie(approver, 'approvals')).stdout).toContain(persons.id);
    const own = await scale(agent, '7');
    expect((await apart.vigie(agent, 'reject', own.id)).status).toBe(0);
    expect((await scale(agent, '7')).stdout).toContain('policy.budget.coolDown');
    expect((await scale(approver, '7')).stdout).toContain('approval_required');
    // Of the change that was approved above.
    const undo = (as: typeof agent) => apart.vigie(as, 'undo', id);
    const asked = /vigie approve (\w{8})/.exec((await undo(agent)).stdout)?.[1] ?? 'none';
    expect((await apart.vigie(agent, 'reject', asked)).status).toBe(0);
    expect((await undo(approver)).stdout).toContain('approval_required');
  });

  test('doctor tells each side where its commands go, who it is taken for, and what an approval is worth', async () => {
    const { agent, approver, daemon } = apart.accounts;
    const asking = await apart.vigie(agent, 'doctor');
    expect(asking.stdout).toContain(`runs as uid ${daemon.uid}; it takes us for ${agent.login}, who asks`);
    expect(asking.stdout).toContain('assurance: separated');
    expect(asking.stdout).toContain('approvers: alice');
    const deciding = await apart.vigie(approver, 'doctor');
    expect(deciding.stdout).toContain(`it takes us for ${approver.login}, who decides`);
    expect(deciding.stdout).toContain('assurance: separated');
  });

  test('nothing is left of the proofs of who called', () => {
    for (const kind of ['agent', 'approve'])
      expect(readdirSync(join(apart.run, kind, 'callers'))).toEqual([]);
  });

  /** What a daemon of this installation would say now. */
  function reasonsNow(): unknown {
    const program = 'test/daemon/processes/say-worth.ts';
    return apart.node(apart.accounts.daemon, [program, apart.configFile, apart.run, main]);
  }

  test('each thing that is loosened makes it advisory with its reason, and mended it is separated again', () => {
    const { agent, daemon, approver } = apart.accounts;
    const { login } = agent;
    const approve = join(apart.run, 'approve');
    const approvers = join(apart.dir, 'etc', 'approvers.yaml');
    expect(reasonsNow()).toEqual(['separated']);
    const loosenings: [() => void, () => void, string[]][] = [
      [
        () => chmodSync(apart.home, 0o711),
        () => chmodSync(apart.home, 0o700),
        [`${login} may read the folder of the store (${apart.home})`],
      ],
      [
        () => chmodSync(apart.kubeconfig, 0o644),
        () => chmodSync(apart.kubeconfig, 0o600),
        [`${login} may read the kubeconfig of test (${apart.kubeconfig})`],
      ],
      [
        () => chmodSync(approvers, 0o604),
        () => chmodSync(approvers, 0o600),
        [`${login} may read the approvers file (${approvers})`],
      ],
      [
        () => chownSync(approve, daemon.uid, agent.gid),
        () => chownSync(approve, daemon.uid, approver.gid),
        [`${login} may reach both sockets`],
      ],
      [
        () => chownSync(apart.kubeconfig, agent.uid, daemon.gid),
        () => chownSync(apart.kubeconfig, daemon.uid, daemon.gid),
        [`${login} may change the kubeconfig of test (${apart.kubeconfig})`],
      ],
      [
        () => chmodSync(apart.run, 0o777),
        () => chmodSync(apart.run, 0o755),
        [
          `${login} may change the folder of the agents' socket (${join(apart.run, 'agent')}), through ${apart.run}`,
          `${login} may change the folder of the approvers' socket (${approve}), through ${apart.run}`,
        ],
      ],
    ];
    for (const [loosen, mend, reasons] of loosenings) {
      loosen();
      expect(reasonsNow()).toEqual(['advisory', ...reasons]);
      mend();
    }
    expect(reasonsNow()).toEqual(['separated']);
  });

  test('a daemon that starts in a loose set-up says each reason, and what to do about it', async () => {
    const { agent } = apart.accounts;
    const approvers = join(apart.dir, 'etc', 'approvers.yaml');
    await apart.stop();
    chmodSync(approvers, 0o604);
    await apart.start();
    const { stdout } = await apart.vigie(agent, 'doctor');
    expect(stdout).toContain(
      `assurance: advisory, since ${agent.login} may read the approvers file (${approvers})\n      chmod go-rwx '${approvers}'\n`,
    );
    const asked = await apart.vigie(agent, 'k8s', 'scale', 'deploy/web', '-n', 'shop', '--replicas', '2');
    expect(asked.stdout).toContain('approvals here are advisory');
  });
});
