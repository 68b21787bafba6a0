import { describe, expect, test } from 'vitest';
import { k8sEvents } from '../../../src/tools/k8s/events.ts';
import { letLook, openShop } from '../small-shop.ts';

const web = { kind: 'deploy', name: 'web', namespace: 'shop' };
const badImage = { spec: { template: { spec: { containers: [{ name: 'web', image: 'shop/gone:2' }] } } } };

/** A world that was left alone for days has no events: both workloads get a pod more. */
async function openBusyShop() {
  const shop = await openShop();
  await shop.send('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', { spec: { replicas: 4 } });
  await shop.send('PATCH', '/apis/apps/v1/namespaces/payments/deployments/pay', { spec: { replicas: 3 } });
  await shop.pass();
  return shop;
}

describe('k8s_events', () => {
  test('says that the namespace does not exist, and nothing of one that is empty', async () => {
    const shop = await openShop({ environment: { namespaces: undefined } });
    await shop.send('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'empty' },
    });
    const headline = async (namespace: string) =>
      (await shop.read(k8sEvents, { namespace })).text.split('\n')[0];
    expect(await headline('empty')).not.toContain('exist');
    expect(await headline('nope')).toMatch(/the namespace that was asked for \(it does not exist\)/);
  });

  test('shows a workload’s troubles where they lie, in its pods, warnings first', async () => {
    const shop = await openShop();
    await shop.send('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', badImage);
    await shop.pass();
    const { data, text } = await shop.read(k8sEvents, { target: web });
    const lines = text.split('\n');
    expect(lines[0]).toMatch(/^events of Deployment\/web in shop: [1-9]\d* warnings, [1-9]\d* normal$/);
    expect(lines[1]).toBe('LAST  COUNT  TYPE  OBJECT  REASON  MESSAGE');
    expect(lines[2]).toMatch(/ {2}Warning {2}Pod\/web-/);
    const types = lines.slice(2).map(line => line.split('  ')[2]);
    expect(types.lastIndexOf('Warning')).toBeLessThan(types.indexOf('Normal'));
    expect(text).not.toContain('Pod/pay-');
    expect(data).toMatchObject({ truncated: false, shown: data['total'] });
  });

  test('are as old as the cluster says, whose time may be hours ahead of ours', async () => {
    const shop = await openShop();
    await shop.sandbox.advance(3 * 3_600_000);
    await shop.send('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', { spec: { replicas: 4 } });
    await shop.pass();
    const { text } = await shop.read(k8sEvents, { target: web });
    expect(text).toMatch(/^(\d+s|1m\d+s|2m) {2}x1 {2}Normal {2}Deployment\/web {2}ScalingReplicaSet/m);
  });

  test('of the environment name the namespace of each object', async () => {
    const shop = await openBusyShop();
    const { text } = await shop.read(k8sEvents, {});
    expect(text).toMatch(/Pod\/web-\S+ in shop/);
    expect(text).toMatch(/Pod\/pay-\S+ in payments/);
  });

  test('of the namespaces that may be read are shown, and the others named', async () => {
    const shop = await openShop({ as: 'bob' });
    await letLook(shop, { user: 'bob', namespace: 'payments' });
    await shop.send('PATCH', '/apis/apps/v1/namespaces/payments/deployments/pay', { spec: { replicas: 3 } });
    await shop.pass();
    const { data, text } = await shop.read(k8sEvents, {});
    expect(data).toMatchObject({ notRead: ['shop'] });
    expect(text).toContain('Pod/pay-');
    expect(text).toMatch(/^not read, for lack of the right: shop$/m);
    await expect(shop.read(k8sEvents, { namespace: 'shop' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('of one type only are counted alone', async () => {
    const shop = await openBusyShop();
    const { data } = await shop.read(k8sEvents, { namespace: 'shop', type: 'Normal' });
    expect(data).toMatchObject({ counts: { Warning: 0, Normal: expect.any(Number) }, truncated: false });
    expect(data['total']).toBeGreaterThan(0);
  });

  test('beyond the limit are said to be there', async () => {
    const shop = await openBusyShop();
    const { data, text } = await shop.read(k8sEvents, { namespace: 'shop', limit: 2 });
    expect(data).toMatchObject({ shown: 2, truncated: true });
    expect(text).toMatch(/2 of \d+ shown/);
  });

  test('of something gone are still found by its name', async () => {
    const shop = await openBusyShop();
    const target = { kind: 'pod', name: 'never-was', namespace: 'shop' };
    const { text } = await shop.read(k8sEvents, { target });
    expect(text).toBe('events of the Pod that was asked for, which does not exist: 0 warnings, 0 normal');
  });
});
