import { afterAll, beforeAll, expect, test } from 'vitest';
import { VigieError } from '../../src/core/errors.ts';
import { readPlaybook } from '../../src/engine/language/read-playbook.ts';
import { rehearse } from '../../src/engine/rehearsal/rehearse.ts';
import { playInSandbox } from '../../src/play/play-in-sandbox.ts';
import { agent } from '../support/start-vigie.ts';
import { type LineBetween, lineBetween } from './support/line-between.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
} from './support/on-cluster.ts';
import { type RealVigie, secretValue, startRealVigie } from './support/start-real-vigie.ts';

const playbook = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: release, title: A release}
steps:
  - id: key
    tool: k8s_apply
    with:
      manifest: '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "shop"}}'
      secretData: {key/password: db-password}
  - id: more
    tool: k8s_scale
    with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 5, waitSeconds: 60}
  - id: drop
    tool: k8s_delete
    with: {target: {kind: Deployment, name: gone, namespace: shop}}
onFailure: {undo: completedInReverse}
`;

describeOnCluster('a rehearsal of a real cluster', binaries => {
  let cluster: Cluster;
  let line: LineBetween;
  let running: RealVigie;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    line = await lineBetween(cluster);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'));
    await cluster.make(
      '/apis/apps/v1/namespaces/shop/deployments',
      deploymentOf('web', { replicas: 3 }),
      deploymentOf('gone', { image: 'shop/gone:missing' }),
    );
    running = await startRealVigie({ kubeconfig: line.kubeconfig, insecure: true });
  });
  afterAll(async () => {
    await running.stop();
    line.close();
    await cluster.stop();
  });

  test('plays what its objects would come to, and sends it nothing but questions', async () => {
    await expect
      .poll(() => running.call('k8s_list', { kind: 'pods', namespace: 'shop' }))
      .toMatchObject({ data: { counts: { Running: 3 } } });
    line.asked.length = 0;
    const report = await rehearse(
      running.vigie,
      { playbook: 'release', environment: 'real', inputs: {} },
      {
        named: async () => {
          const read = await readPlaybook(playbook);
          if (read.playbook === undefined) throw new VigieError('PLAYBOOK', JSON.stringify(read.mistakes));
          return { playbook: read.playbook, digest: read.digest, text: playbook };
        },
        play: (order, use) =>
          playInSandbox(order, {
            version: '0.0.0',
            use: played => {
              expect(JSON.stringify(played.sandbox.cluster.state.all())).not.toContain(
                Buffer.from(secretValue).toString('base64'),
              );
              return use(played);
            },
          }),
        actor: agent,
        signal: new AbortController().signal,
        progress: () => undefined,
      },
    );
    expect(report).toMatchObject({ outcome: 'done', blast: { podsMade: 2 } });
    expect(report.steps.map(({ path, status }) => `${path} ${status}`)).toEqual([
      'key done',
      'more done',
      'drop done',
    ]);
    // What nobody can pull is not healthy again when it is put back.
    expect(report.wayBack?.steps.map(({ path, status }) => `${path} ${status}`)).toEqual([
      'drop failed',
      'more done',
      'key done',
    ]);
    expect(report.wayBack?.problems).toEqual([expect.stringContaining('ImagePullBackOff')]);
    expect(line.asked.length).toBeGreaterThan(30);
    // Who it is, and what it may: reviews keep nothing.
    const questions =
      /^POST \/apis\/(authentication\.k8s\.io\/v1\/selfsubjectreviews|authorization\.k8s\.io\/v1\/selfsubjectaccessreviews)$/;
    expect(line.asked.filter(each => !each.startsWith('GET ') && !questions.test(each))).toEqual([]);
  });
});
