import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startSandbox } from '../../../src/sandbox/server.ts';
import { loadWorld } from '../../../src/sandbox/world.ts';
import { startMeddledWire } from '../../support/meddled-wire.ts';
import { defineAttack, judge } from '../attack.ts';
import { decide, propose } from '../person.ts';

export const anotherClusterByTheSameName = defineAttack({
  name: 'another-cluster-by-the-same-name',
  adversary: 'a shell beside the person',
  does: 'Lets the ticket of one cluster be approved where KUBECONFIG gives another one under the same context.',
  must: 'The cluster itself decides, not its name: WRONG_CLUSTER, and neither is written to.',
  needs: 'script',
  async run(ground) {
    const cluster = await ground.cluster();
    const text = await readFile(ground.configFile, 'utf8');
    await ground.configure(text.replace(/ kubeconfig: [^,]*,/, ''));
    ground.home.env['KUBECONFIG'] = cluster.kubeconfig;
    const passphrase = await ground.approver('alice');
    await ground.accept(passphrase);
    const id = await propose(ground);

    const other = await startSandbox({
      world: await loadWorld(join(import.meta.dirname, '../../fixtures/worlds/small.yaml')),
    });
    const wire = await startMeddledWire(other);
    ground.onEnd(() => wire.close());
    ground.onEnd(() => other.close());
    const kubeconfig = join(ground.dir, 'other-kubeconfig');
    await writeFile(kubeconfig, other.kubeconfig().replaceAll(other.url, wire.url), { mode: 0o600 });
    const { status, shown } = await decide(ground, { id, passphrase, env: { KUBECONFIG: kubeconfig } });
    return judge(
      `approve ended with ${status}: ${/WRONG_CLUSTER|ENVIRONMENT_CHANGED/.exec(shown)?.[0] ?? 'no code'}`,
      {
        'it is told apart': status !== 0 && /another cluster|WRONG_CLUSTER|not the cluster/i.test(shown),
        'no passphrase is asked for': !shown.includes('Passphrase of'),
        'nothing was written to either': cluster.writes().length + wire.writes().length === 0,
      },
    );
  },
});
