import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { actAs, collectionOf, hardenedObjects } from '../../support/hardened.ts';
import { send } from '../../support/sandbox-client.ts';
import { idOf, startVigie } from '../../support/start-vigie.ts';

test('with the rights that are printed for a whole cluster a node is drained and opened again', async () => {
  const running = await startVigie({ world: 'test/fixtures/worlds/nodes.yaml', everywhere: true });
  onTestFinished(() => running.stop());
  const { sandbox, dir } = running;
  const kubeconfig = join(dir, 'kubeconfig');
  const context = /current-context: (\S+)/.exec(sandbox.kubeconfig())?.[1] ?? '';
  const whole = { context, namespaces: undefined, clusterScoped: true } as const;
  for (const object of await hardenedObjects(kubeconfig, whole)) {
    const { status, text } = await send(sandbox, {
      method: 'POST',
      path: collectionOf(object),
      body: object,
    });
    expect(status, text).toBe(201);
  }
  await sandbox.settled();
  actAs(kubeconfig, 'vigie-of-test');
  for (const action of ['drain', 'uncordon']) {
    const asked = await running.call('k8s_node', { action, node: 'n1', waitSeconds: 30 });
    expect(asked.status, asked.text).toBe('approval_required');
    const done = await running.approve(idOf(asked));
    expect(done.status, done.text).toBe('done');
  }
});
