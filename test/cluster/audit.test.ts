import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import { auditAnswer } from '../../src/tools/k8s/audit/answer.ts';
import { deployment } from '../diagnosis/audit/cases.ts';
import { type Cluster, describeOnCluster, namespaceOf, startCluster } from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

const careless: JsonObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'careless', namespace: 'shop' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'careless' } },
    template: {
      metadata: { labels: { app: 'careless' } },
      spec: {
        hostPID: true,
        securityContext: { seccompProfile: { type: 'Unconfined' } },
        containers: [
          {
            name: 'web',
            image: 'shop/web',
            ports: [{ containerPort: 80, hostPort: 8080 }],
            securityContext: { capabilities: { add: ['NET_ADMIN', 'CHOWN'] } },
          },
        ],
      },
    },
  },
};

describeOnCluster('k8s_audit on a real cluster', binaries => {
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

  const ask = async (input: JsonObject) => {
    const { data } = await running.call('k8s_audit', { format: 'json', ...input });
    return auditAnswer.parse(data);
  };

  test('finds nothing in a new cluster, and reads all that it looks at', async () => {
    expect(await ask({})).toMatchObject({ rules: [], notes: [], notChecked: [], truncated: false });
  });

  test('finds nothing in a workload that follows the rules, and the server takes every patch of one that does not', async () => {
    const good = parseAllDocuments(deployment()).map(each => each.toJS() as JsonObject);
    for (const object of good)
      await cluster.make(
        object['kind'] === 'Deployment'
          ? '/apis/apps/v1/namespaces/shop/deployments'
          : '/apis/policy/v1/namespaces/shop/poddisruptionbudgets',
        object,
      );
    await cluster.make('/apis/apps/v1/namespaces/shop/deployments', careless);
    const { rules } = await ask({ namespace: 'shop' });
    const places = rules.flatMap(({ rule, places: own }) => own.map(place => ({ rule, ...place })));
    expect(places.filter(({ object }) => object.startsWith('Deployment/web'))).toEqual([]);
    const patched = places.filter(({ patch }) => patch !== undefined);
    expect(new Set(patched.map(({ rule }) => rule))).toEqual(
      new Set([
        'host-namespaces',
        'host-port',
        'capabilities-added',
        'capabilities-kept',
        'privilege-escalation',
        'seccomp',
        'root-user',
        'writable-root',
        'token-mounted',
        'spread-missing',
      ]),
    );
    const target = { kind: 'Deployment', name: 'careless', namespace: 'shop' };
    for (const { rule, patch } of patched) {
      if (!isObject(patch)) throw new Error(`${rule} has no patch`);
      const asked = await running.call('k8s_patch', { target, patch: JSON.stringify(patch) });
      expect(asked, rule).toMatchObject({ status: 'approval_required' });
    }
  });
});
