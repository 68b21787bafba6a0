import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { diagnosisAnswer } from '../../src/tools/k8s/diagnose/answer.ts';
import { type Cluster, describeOnCluster, namespaceOf, startCluster } from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

// What the collector asks for in tables, selectors and paths, and what a real server makes of it.

const labels = { app: 'web' };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [{ name: 'web', image: 'shop/web:1', envFrom: [{ secretRef: { name: 'login' } }] }],
      },
    },
  },
};

describeOnCluster('k8s_diagnose on a real cluster', binaries => {
  let cluster: Cluster;
  let running: RealVigie;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'));
    running = await startRealVigie({ kubeconfig: readFileSync(cluster.kubeconfig, 'utf8') });
  });
  afterAll(async () => {
    await running.stop();
    await cluster.stop();
  });

  const ask = async (namespace?: string) => {
    const place = namespace === undefined ? {} : { namespace };
    const { data } = await running.call('k8s_diagnose', { format: 'json', ...place });
    return diagnosisAnswer.parse(data);
  };

  test('reads everything that it looks at, and finds a new cluster well', async () => {
    expect(await ask('shop')).toMatchObject({ findings: [], notChecked: [], truncated: false });
    expect(await ask()).toMatchObject({ findings: [], notChecked: [], truncated: false });
  });

  test('finds a missing Secret from the spec, before any kubelet has said so', async () => {
    await cluster.make('/apis/apps/v1/namespaces/shop/deployments', deployment);
    const { findings } = await ask('shop');
    expect(findings.map(({ code, object }) => `${code} ${object.kind}/${object.name}`)).toEqual([
      'SECRET_MISSING Secret/login',
    ]);
  });
});
