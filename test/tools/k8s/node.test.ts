import { describe, expect, test } from 'vitest';
import { k8sNode } from '../../../src/tools/k8s/node.ts';
import { openShop, type Shop } from '../small-shop.ts';

const everywhere = { environment: { namespaces: undefined, clusterScoped: true } } as const;
const node = { apiVersion: 'v1', kind: 'Node', name: 'node-a' };

async function uidOf(shop: Shop, path: string): Promise<string> {
  const { metadata } = (await shop.send('GET', path)) as { metadata: { uid: string } };
  return metadata.uid;
}

describe('k8s_node', () => {
  test('cordons and uncordons the node that was read, and does nothing twice', async () => {
    const shop = await openShop(everywhere);
    const uid = await uidOf(shop, '/api/v1/nodes/node-a');
    const cordon = { action: 'cordon', node: 'node-a' };
    const uncordon = { action: 'uncordon', node: 'node/node-a' };
    expect(await shop.plan(k8sNode, cordon)).toEqual([
      { kind: 'k8s-patch', target: node, uid, patch: { spec: { unschedulable: true } } },
    ]);
    expect(await shop.plan(k8sNode, uncordon)).toEqual([]);
    await shop.send('PATCH', '/api/v1/nodes/node-a', { spec: { unschedulable: true } });
    expect(await shop.plan(k8sNode, cordon)).toEqual([]);
    expect(await shop.plan(k8sNode, uncordon)).toEqual([
      { kind: 'k8s-patch', target: node, uid, patch: { spec: { unschedulable: null } } },
    ]);
  });

  test('plans a drain as a cordon and one eviction for each pod that was read, whatever its namespace', async () => {
    const shop = await openShop(everywhere);
    const changes = await shop.plan(k8sNode, { action: 'drain', node: 'node-a' });
    const [drain, ...evictions] = changes;
    expect(drain).toMatchObject({ kind: 'k8s-drain', target: node });
    expect(evictions.length).toBeGreaterThan(1);
    expect(drain).toMatchObject({ pods: evictions.map(change => 'uid' in change && change.uid) });
    expect(new Set(evictions.map(({ target }) => target.namespace))).toEqual(new Set(['payments', 'shop']));
    for (const eviction of evictions)
      expect(eviction).toMatchObject({
        kind: 'k8s-evict',
        node: 'node-a',
        target: { kind: 'Pod' },
        controller: { target: { kind: 'ReplicaSet', namespace: eviction.target.namespace } },
      });
  });

  test('refuses in an environment that may not change nodes, or not see all pods', async () => {
    const bound = await openShop();
    await expect(bound.plan(k8sNode, { action: 'cordon', node: 'node-a' })).rejects.toMatchObject({
      code: 'OUT_OF_BOUNDS',
    });
    const half = await openShop({ environment: { clusterScoped: true } });
    expect(await half.plan(k8sNode, { action: 'cordon', node: 'node-a' })).toHaveLength(1);
    await expect(half.plan(k8sNode, { action: 'drain', node: 'node-a' })).rejects.toMatchObject({
      code: 'OUT_OF_BOUNDS',
      message: expect.stringContaining('can be neither seen nor evicted'),
    });
  });

  test('says that a node does not exist', async () => {
    const shop = await openShop(everywhere);
    await expect(shop.plan(k8sNode, { action: 'drain', node: 'gone' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('refuses a node with more pods than one drain takes', async () => {
    const shop = await openShop(everywhere);
    await Promise.all(
      Array.from({ length: 501 }, (_, index) =>
        shop.send('POST', '/api/v1/namespaces/shop/pods', {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: `p${index}` },
          spec: { nodeName: 'node-a', containers: [{ name: 'main', image: 'shop/tool:1' }] },
        }),
      ),
    );
    await expect(shop.plan(k8sNode, { action: 'drain', node: 'node-a', force: true })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('one drain takes 500'),
    });
  });
});
