import { describe, expect, test } from 'vitest';
import { k8sTop } from '../../../src/tools/k8s/top.ts';
import { letLook, openShop } from '../small-shop.ts';

const limited = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'limited', namespace: 'shop', labels: { app: 'limited' } },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'shop/limited:1',
        resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '20m', memory: '320Mi' } },
      },
      { name: 'side', image: 'shop/side:1', resources: { requests: { cpu: '10m' } } },
    ],
  },
};

async function openLimited() {
  const shop = await openShop();
  await shop.send('POST', '/api/v1/namespaces/shop/pods', limited);
  await shop.pass();
  return shop;
}

describe('k8s_top', () => {
  test('says that the namespace does not exist, and nothing of one that is empty', async () => {
    const shop = await openShop({ environment: { namespaces: undefined } });
    await shop.send('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'empty' },
    });
    const headline = async (namespace: string) =>
      (await shop.read(k8sTop, { namespace })).text.split('\n')[0];
    expect(await headline('empty')).not.toContain('exist');
    expect(await headline('nope')).toMatch(/in the namespace that was asked for \(it does not exist\)/);
  });

  test('holds what pods use against what they asked for and may have, over the namespaces of the environment', async () => {
    const shop = await openLimited();
    const { data, text } = await shop.read(k8sTop, {});
    expect(data).toMatchObject({ kind: 'pods', total: 6, measured: 6, shown: 6, truncated: false });
    const [headline, header, ...rows] = text.split('\n');
    expect(headline).toMatch(/^6 running pods in test use \d+m CPU, \d+Mi memory$/);
    expect(header).toBe('NAMESPACE  NAME  CPU  OF-REQUEST  OF-LIMIT  MEMORY  OF-REQUEST  OF-LIMIT');
    const row = rows.find(each => each.includes('limited'));
    // One container has no limit, so the pod has none.
    expect(row).toMatch(/^shop {2}limited {2}\d+m {2}\d+% of 20m {2}- {2}\d+Mi {2}\d+% of 64Mi {2}-$/);
    expect(rows.find(each => each.startsWith('payments'))).toMatch(
      /^payments {2}pay-\S+ {2}\d+m {2}- {2}- {2}\d+Mi {2}- {2}-$/,
    );
  });

  test('shows containers one by one, of a namespace and a selector', async () => {
    const shop = await openLimited();
    const { text } = await shop.read(k8sTop, {
      namespace: 'shop',
      labelSelector: 'app=limited',
      containers: true,
    });
    expect(text).toMatch(/^2 running containers in shop use/);
    expect(text).toMatch(
      /^limited\/main {2}\d+m {2}\d+% of 10m {2}\d+% of 20m {2}\d+Mi {2}\d+% of 64Mi {2}\d+% of 320Mi$/m,
    );
  });

  test('puts the largest first, by what is asked', async () => {
    const shop = await openLimited();
    const used = async (sortBy: string, unit: RegExp) => {
      const { text } = await shop.read(k8sTop, { sortBy, namespace: 'payments' });
      return text
        .split('\n')
        .slice(2)
        .map(line => Number(unit.exec(line)?.[1]));
    };
    const cpu = await used('cpu', / (\d+)m/);
    expect(cpu).toEqual(cpu.toSorted((a, b) => b - a));
    const memory = await used('memory', / (\d+)Mi/);
    expect(memory).toEqual(memory.toSorted((a, b) => b - a));
  });

  test('holds what nodes use against what they can give', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sTop, { kind: 'nodes' });
    expect(data).toMatchObject({ kind: 'nodes', total: 2, measured: 2 });
    expect(text).toMatch(/^node-a {2}\d+m {2}\d+% of 4 {2}\d+Mi {2}\d+% of 7941Mi$/m);
  });

  test('says what has no sample yet, and counts it apart', async () => {
    const shop = await openShop();
    await shop.send('POST', '/api/v1/namespaces/shop/pods', limited);
    await shop.sandbox.advance(8_000);
    const { data, text } = await shop.read(k8sTop, { namespace: 'shop' });
    expect(data).toMatchObject({ total: 4, measured: 3 });
    expect(text).toMatch(/^limited {2}\? {2}20m {2}- {2}\? {2}64Mi {2}-$/m);
    expect(text).toMatch(/^1 without a sample yet/m);
  });

  test('cuts to the rows that were asked for and says so', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sTop, { limit: 2 });
    expect(data).toMatchObject({ total: 5, shown: 2, truncated: true });
    expect(text).toContain('2 of 5 shown');
  });

  test('says that a cluster measures nothing, and what would', async () => {
    const shop = await openShop({
      world: text => text.replace('ageDays: 3', 'ageDays: 3\n  metricsServer: false'),
    });
    await expect(shop.read(k8sTop, {})).rejects.toMatchObject({
      code: 'UNKNOWN_KIND',
      message: expect.stringContaining('serves no metrics.k8s.io'),
      hint: expect.stringContaining('metrics-server'),
    });
  });

  test('tells of the namespaces that it may read, and names the others', async () => {
    const shop = await openShop({ as: 'bob' });
    await letLook(shop, { user: 'bob', namespace: 'shop' });
    const { data, text } = await shop.read(k8sTop, {});
    expect(data).toMatchObject({ total: 3, measured: 3, notRead: ['payments'] });
    expect(text).toMatch(/^not read, for lack of the right: payments$/m);
  });

  test('does not take usage that it may not see for a sample that is missing', async () => {
    const shop = await openShop({ as: 'bob' });
    await letLook(shop, { user: 'bob', namespace: 'shop' });
    const pods = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };
    await letLook(shop, { user: 'bob', namespace: 'payments', rules: [pods] });
    const { data, text } = await shop.read(k8sTop, {});
    expect(data).toMatchObject({ total: 3, notRead: ['payments'] });
    expect(text).not.toContain('without a sample');
  });

  test('fails for lack of rights where it may read none of the namespaces', async () => {
    const shop = await openShop({ as: 'bob' });
    await expect(shop.read(k8sTop, {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('stays within the namespaces of the environment', async () => {
    const shop = await openShop();
    await expect(shop.read(k8sTop, { namespace: 'other' })).rejects.toMatchObject({ code: 'OUT_OF_BOUNDS' });
  });
});
