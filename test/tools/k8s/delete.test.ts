import { describe, expect, test } from 'vitest';
import { k8sDelete } from '../../../src/tools/k8s/delete.ts';
import { openShop } from '../small-shop.ts';

const settings = { kind: 'cm', name: 'settings', namespace: 'shop' };

describe('k8s_delete', () => {
  test('plans the delete of exactly the object that was read', async () => {
    const shop = await openShop();
    const live = await shop.send('GET', '/api/v1/namespaces/shop/configmaps/settings');
    const changes = await shop.plan(k8sDelete, {
      target: settings,
      gracePeriodSeconds: 0,
      propagation: 'Orphan',
    });
    expect(changes).toEqual([
      {
        kind: 'k8s-delete',
        target: { kind: 'ConfigMap', name: 'settings', namespace: 'shop', apiVersion: 'v1' },
        uid: (live['metadata'] as { uid: string }).uid,
        propagation: 'Orphan',
        gracePeriodSeconds: 0,
      },
    ]);
    expect(await shop.send('GET', '/api/v1/namespaces/shop/configmaps/settings')).toEqual(live);
  });

  test('plans a delete for each object a selector matches', async () => {
    const shop = await openShop();
    const matching = { kind: 'pods', namespace: 'shop', labelSelector: 'app=web' };
    const changes = await shop.plan(k8sDelete, { matching });
    expect(changes).toHaveLength(3);
    expect(changes[0]).toMatchObject({
      kind: 'k8s-delete',
      target: { kind: 'Pod' },
      propagation: 'Background',
    });
    expect(changes[0]).not.toHaveProperty('gracePeriodSeconds');
    const none = { ...matching, labelSelector: 'app=nothing' };
    expect(await shop.plan(k8sDelete, { matching: none })).toEqual([]);
  });

  test('refuses a selector that matches more than a person can read', async () => {
    const shop = await openShop();
    for (let n = 0; n < 101; n += 1) {
      await shop.send('POST', '/api/v1/namespaces/shop/configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `c${n}`, labels: { many: 'yes' } },
      });
    }
    const matching = { kind: 'cm', namespace: 'shop', labelSelector: 'many=yes' };
    await expect(shop.plan(k8sDelete, { matching })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('more than 100 objects'),
    });
  });

  test('wants a target or a selector, and not both', async () => {
    const shop = await openShop();
    const matching = { kind: 'cm', namespace: 'shop', labelSelector: 'a=b' };
    await expect(shop.plan(k8sDelete, {})).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(shop.plan(k8sDelete, { target: settings, matching })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  test('says that an object does not exist', async () => {
    const shop = await openShop();
    await expect(shop.plan(k8sDelete, { target: { ...settings, name: 'gone' } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
