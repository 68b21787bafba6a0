import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ofKind } from '../../src/kubernetes/kinds.ts';
import { summarizePod } from '../../src/kubernetes/pod-summary.ts';
import { gatherTwin } from '../../src/pipeline/gather-twin.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { worldText } from '../../src/sandbox/twin/world-from.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
} from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

// The twin of a real API server's content: what a server adds to objects must not break a sandbox.

const secret = 'correct-horse-battery-staple';

describeOnCluster('the twin of a real cluster', binaries => {
  let cluster: Cluster;
  let running: RealVigie;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'));
    const make = (path: string, kind: object) => cluster.make(path.replace('NS', 'namespaces/shop'), kind);
    const metadata = { name: 'web' };
    const template = {
      metadata: { labels: { app: 'job' } },
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'shop/job:ends' }] },
    };
    await make('/api/v1/NS/secrets', { metadata, stringData: { password: secret } });
    await make('/api/v1/NS/configmaps', { metadata, data: { note: `not ${secret}` } });
    await make('/apis/apps/v1/NS/deployments', deploymentOf('web', { replicas: 3 }));
    await make('/apis/apps/v1/NS/deployments', deploymentOf('gone', { image: 'shop/gone:missing' }));
    await make('/api/v1/NS/services', {
      metadata,
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    await make('/apis/batch/v1/NS/jobs', { metadata, spec: { template } });
    await make('/apis/batch/v1/NS/cronjobs', {
      metadata,
      spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template } } },
    });
    await make('/apis/policy/v1/NS/poddisruptionbudgets', {
      metadata,
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    });
    running = await startRealVigie({ kubeconfig: readFileSync(cluster.kubeconfig, 'utf8') });
  });
  afterAll(async () => {
    await cluster.stop();
    await running.stop();
  });

  test('has the same workloads, the same one broken, and no value of a Secret', async () => {
    const listed = () => running.call('k8s_list', { kind: 'pods', namespace: 'shop' });
    await expect
      .poll(listed)
      .toMatchObject({ data: { total: 6, counts: { Running: 3, ImagePullBackOff: 2, 'ExitCode:0': 1 } } });
    const { signal } = new AbortController();
    const twin = await gatherTwin(running.vigie, { environment: 'real', signal });
    const text = worldText(twin.world, []);
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('base64'));
    expect(twin.unread).toEqual([{ kind: 'PodMetrics', why: 'UNKNOWN_KIND' }]);
    expect(twin.unlike).toEqual([]);
    const sandbox = await startSandbox({ world: parseWorld(text, 'twin') });
    try {
      await sandbox.settled();
      await sandbox.advance(600_000);
      const pods = ofKind(sandbox.cluster.state.list('/pods'), 'Pod').filter(
        each => each.metadata.namespace === 'shop',
      );
      const states = pods.map(pod => summarizePod(pod).status.replace('ErrImagePull', 'ImagePullBackOff'));
      expect(states.sort()).toEqual([
        'Completed',
        'ImagePullBackOff',
        'ImagePullBackOff',
        'Running',
        'Running',
        'Running',
      ]);
      expect(sandbox.cluster.state.list('/nodes').map(each => each.metadata.name)).toEqual(['stand-in-1']);
      expect(sandbox.cluster.state.get('policy/poddisruptionbudgets', 'shop/web')?.status).toMatchObject({
        currentHealthy: 3,
        disruptionsAllowed: 2,
      });
    } finally {
      await sandbox.close();
    }
  });
});
