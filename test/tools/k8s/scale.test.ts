import { describe, expect, test } from 'vitest';
import { k8sScale } from '../../../src/tools/k8s/scale.ts';
import { openShop } from '../small-shop.ts';

const web = { kind: 'deploy', name: 'web', namespace: 'shop' };

describe('k8s_scale', () => {
  test('plans a patch of the scale, bound to the object that was read', async () => {
    const shop = await openShop();
    const live = await shop.send('GET', '/apis/apps/v1/namespaces/shop/deployments/web');
    const changes = await shop.plan(k8sScale, { target: web, replicas: 5 });
    expect(changes).toEqual([
      {
        kind: 'k8s-patch',
        target: { kind: 'Deployment', name: 'web', namespace: 'shop', apiVersion: 'apps/v1' },
        uid: (live['metadata'] as { uid: string }).uid,
        patch: { spec: { replicas: 5 } },
        subresource: 'scale',
      },
    ]);
    expect(await shop.send('GET', '/apis/apps/v1/namespaces/shop/deployments/web')).toEqual(live);
  });

  test('plans nothing when the count already stands', async () => {
    const shop = await openShop();
    expect(await shop.plan(k8sScale, { target: web, replicas: 3 })).toEqual([]);
  });

  test('refuses a kind that has no replica count', async () => {
    const shop = await openShop();
    const target = { kind: 'cm', name: 'settings', namespace: 'shop' };
    await expect(shop.plan(k8sScale, { target, replicas: 2 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('ConfigMap cannot be scaled'),
    });
  });

  test('refuses a negative and an absurd count as input', () => {
    for (const replicas of [-1, 501, 1.5]) {
      expect(k8sScale.parse({ target: web, replicas })).toMatchObject({
        ok: false,
        issues: [{ field: 'replicas' }],
      });
    }
  });
});
