import { describe, expect, test } from 'vitest';
import { podsOf } from '../../../src/tools/k8s/workload-pods.ts';
import { openShop, type Shop } from '../small-shop.ts';

const namesOf = async (shop: Shop, ref: { kind: string; name: string; namespace: string }) => {
  const pods = await podsOf(shop.context.kube, await shop.context.kube.get(ref));
  return pods.map(pod => pod.metadata.name).sort();
};

describe('the pods of', () => {
  test('a pod are itself', async () => {
    const shop = await openShop();
    const [name = ''] = await namesOf(shop, { kind: 'Deployment', name: 'web', namespace: 'shop' });
    expect(await namesOf(shop, { kind: 'Pod', name, namespace: 'shop' })).toEqual([name]);
  });

  test('a Service are those of the Deployment behind it; a Service without a selector has none', async () => {
    const shop = await openShop();
    const own = await namesOf(shop, { kind: 'Deployment', name: 'web', namespace: 'shop' });
    expect(own).toHaveLength(3);
    expect(await namesOf(shop, { kind: 'Service', name: 'web', namespace: 'shop' })).toEqual(own);
    await shop.send('POST', '/api/v1/namespaces/shop/services', {
      metadata: { name: 'elsewhere' },
      spec: { type: 'ExternalName', externalName: 'db.example.com' },
    });
    expect(await namesOf(shop, { kind: 'Service', name: 'elsewhere', namespace: 'shop' })).toEqual([]);
  });

  test('a CronJob are those of its jobs and of no other', async () => {
    const shop = await openShop();
    const podSpec = { restartPolicy: 'Never', containers: [{ name: 'run', image: 'shop/run:1' }] };
    const jobSpec = { template: { spec: podSpec } };
    const batch = '/apis/batch/v1/namespaces/shop';
    const cronJob = await shop.send('POST', `${batch}/cronjobs`, {
      metadata: { name: 'report' },
      spec: { schedule: '0 3 * * *', jobTemplate: { spec: jobSpec } },
    });
    const { uid } = cronJob['metadata'] as { uid: string };
    const ownerReferences = [
      { apiVersion: 'batch/v1', kind: 'CronJob', name: 'report', uid, controller: true },
    ];
    await shop.send('POST', `${batch}/jobs`, {
      metadata: { name: 'report-1', ownerReferences },
      spec: jobSpec,
    });
    await shop.send('POST', `${batch}/jobs`, { metadata: { name: 'by-hand' }, spec: jobSpec });
    await shop.pass();
    const names = await namesOf(shop, { kind: 'CronJob', name: 'report', namespace: 'shop' });
    expect(names).toEqual([expect.stringMatching(/^report-1-/)]);
  });

  test('what selects none are asked for in vain, and the error says what to name', async () => {
    const shop = await openShop();
    await expect(
      namesOf(shop, { kind: 'ConfigMap', name: 'settings', namespace: 'shop' }),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      hint: expect.stringContaining('Deployment'),
    });
  });
});
