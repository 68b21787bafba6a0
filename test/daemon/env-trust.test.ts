import { chmodSync, chownSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Apart, cannotBeApart, passphrase } from '../support/apart.ts';
import { LoginPlugin } from '../support/login-plugin.ts';

// The kubeconfig is the daemon's, and the command that it logs in with runs there: an approver elsewhere reads what it is
// and signs.

const where = cannotBeApart === undefined ? '' : ` (skipped: ${cannotBeApart})`;

describe.skipIf(cannotBeApart !== undefined)(
  `a daemon whose kubeconfig names a login command${where}`,
  () => {
    let apart: Apart;
    let plugin: LoginPlugin;

    beforeAll(async () => {
      apart = await Apart.make();
      const etc = join(apart.dir, 'etc');
      plugin = new LoginPlugin(etc, apart.sandbox);
      own();
      await apart.start();
    });
    afterAll(() => apart.remove());

    /** What root wrote is the daemon's, and it may write its marks beside. */
    function own(): void {
      const { uid, gid } = apart.accounts.daemon;
      const etc = join(apart.dir, 'etc');
      for (const name of ['', 'kubeconfig', 'login.sh', 'vigie.yaml']) chownSync(join(etc, name), uid, gid);
      chmodSync(join(etc, 'login.sh'), 0o700);
    }

    const scale = (replicas: number) => {
      const words = ['k8s', 'scale', 'deploy/web', '-n', 'shop', '--replicas', String(replicas)];
      return apart.vigie(apart.accounts.agent, ...words);
    };

    test('an agent sees that it is not trusted, is refused a change, and cannot trust it', async () => {
      const { agent } = apart.accounts;
      expect((await apart.vigie(agent, 'env')).stdout).toMatch(
        /test +\.\/login\.sh +\S+login\.sh +untrusted/,
      );
      const refused = await scale(3);
      expect(refused.status).toBe(1);
      expect(refused.stdout + refused.stderr).toContain('vigie env trust test');
      const terminal = apart.atTerminal(agent, 'env', 'trust', 'test');
      try {
        expect(await terminal.ended()).not.toBe(0);
        expect(terminal.shown).toContain('nothing is decided there');
      } finally {
        terminal.close();
      }
      expect(plugin.runs).toBe(0);
    });

    test('an approver reads it over the socket and signs; it runs under the daemon’s account', async () => {
      const { approver, agent, daemon } = apart.accounts;
      const terminal = apart.atTerminal(approver, 'env', 'trust', 'test');
      try {
        const shown = await terminal.until('Passphrase of alice');
        expect(shown).toContain('"./login.sh"');
        expect(shown).toContain(join(apart.dir, 'etc', 'login.sh'));
        terminal.type(`${passphrase}\r`);
        expect(await terminal.ended(), terminal.shown).toBe(0);
      } finally {
        terminal.close();
      }
      expect((await apart.vigie(agent, 'env')).stdout).toMatch(/trusted +alice/);
      expect((await scale(3)).stdout).toMatch(/vigie approve \w{8}/);
      expect(statSync(join(apart.dir, 'etc', 'runs')).uid).toBe(daemon.uid);
      expect((await apart.vigie(agent, 'audit', 'verify')).status).toBe(0);
    });

    test('another one in its place is not run by the daemon, which started before', async () => {
      plugin.write('touch planted');
      own();
      const before = readFileSync(join(apart.dir, 'etc', 'runs'), 'utf8');
      const refused = await scale(4);
      expect(refused.stdout + refused.stderr).toContain('is not the one that alice trusted');
      expect(existsSync(join(apart.dir, 'etc', 'planted'))).toBe(false);
      expect(readFileSync(join(apart.dir, 'etc', 'runs'), 'utf8')).toBe(before);
    });
  },
);
