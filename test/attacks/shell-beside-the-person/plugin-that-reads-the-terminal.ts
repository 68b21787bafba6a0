import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAttack, judge } from '../attack.ts';
import { decide, propose, seatAlice } from '../person.ts';

export const pluginThatReadsTheTerminal = defineAttack({
  name: 'plugin-that-reads-the-terminal',
  adversary: 'a shell beside the person',
  does: 'Plants a credential plugin in the kubeconfig that gives the right token, lives on, and listens on the terminal and its input for the passphrase.',
  must: 'It is not run for a change, or it has no terminal and is gone before the passphrase is asked for: nothing that alice types reaches it.',
  needs: 'script',
  async run(ground) {
    const { cluster, passphrase } = await seatAlice(ground);
    const id = await propose(ground);
    const heard = join(ground.dir, 'heard');
    const plugin = join(ground.dir, 'plugin');
    await writeFile(
      plugin,
      `#!/bin/bash
echo "run NODE_OPTIONS=$NODE_OPTIONS PASS=$SECRET_OF_THE_PERSON" >> ${heard}
( exec 2>/dev/null; timeout 30 cat /dev/tty >> ${heard} ) &
( exec 2>/dev/null; timeout 30 cat >> ${heard} ) &
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${cluster.sandbox.token}"}}'
`,
      { mode: 0o755 },
    );
    const text = await readFile(cluster.kubeconfig, 'utf8');
    const exec = `{apiVersion: client.authentication.k8s.io/v1, command: ${plugin}, interactiveMode: IfAvailable}`;
    await writeFile(cluster.kubeconfig, text.replace(/^( *)token: .*$/m, `$1exec: ${exec}`), { mode: 0o600 });
    const env = { SECRET_OF_THE_PERSON: 'in-the-environment' };
    const { status, shown } = await decide(ground, { id, passphrase, env });
    const said = await readFile(heard, 'utf8').catch(() => 'it was never run');
    const why = /error: (.*)/.exec(shown)?.[1]?.trim() ?? 'approved';
    return judge(`${status}: ${why}; the plugin: ${said.trim().replaceAll('\n', ' / ')}`, {
      'the plugin is what the kubeconfig names': /exec:/.test(await readFile(cluster.kubeconfig, 'utf8')),
      'it heard nothing of the passphrase': passphrase.split(' ').every(word => !said.includes(word)),
      'it got no variables of others': !said.includes('in-the-environment'),
      'the passphrase was not shown': !shown.includes(passphrase),
    });
  },
});
