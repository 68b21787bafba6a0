import { describe, expect, test } from 'vitest';
import { k8sList } from '../../../src/tools/k8s/list.ts';
import { openShop, type Shop } from '../small-shop.ts';

async function addPods(shop: Shop, count: number): Promise<void> {
  const labels = { extra: 'yes' };
  await shop.send('POST', '/apis/apps/v1/namespaces/shop/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'extra-service' },
    spec: {
      replicas: count,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'shop/web:1' }] } },
    },
  });
  await shop.pass();
}

const namesIn = (text: string) => [...text.matchAll(/^extra-\S+/gm)].map(([name]) => name);

describe('k8s_list', () => {
  test('says that the namespace does not exist, and nothing of one that is empty', async () => {
    const shop = await openShop({ environment: { namespaces: undefined } });
    await shop.send('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'empty' },
    });
    const headline = async (namespace: string) =>
      (await shop.read(k8sList, { kind: 'pods', namespace })).text.split('\n')[0];
    expect(await headline('empty')).not.toContain('exist');
    expect(await headline('nope')).toMatch(/in the namespace that was asked for \(it does not exist\)/);
  });

  test('says how many there are and how they stand before it shows them', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sList, { kind: 'pods', namespace: 'shop' });
    const lines = text.split('\n');
    expect(lines[0]).toBe('3 pods in shop: 3 Running');
    expect(lines[1]).toBe('NAME  READY  STATUS  RESTARTS  AGE  NODE');
    expect(lines).toHaveLength(5);
    expect(lines[2]).toMatch(/^web-\S+ {2}1\/1 {2}Running {2}\d+( \(\S+ ago\))? {2}\S+ {2}node-[ab]$/);
    expect(data).toEqual({ kind: 'Pod', counts: { Running: 3 }, total: 3, shown: 3, truncated: false });
  });

  test('shows 100 pods with readiness, restarts, age and node in 8 kB', async () => {
    const shop = await openShop();
    await addPods(shop, 100);
    const answer = await shop.read(k8sList, { kind: 'Pod', namespace: 'shop', labelSelector: 'extra=yes' });
    expect(answer.data).toMatchObject({ total: 100, shown: 100 });
    const { data: structuredContent, text } = answer;
    const sent = JSON.stringify({ content: [{ type: 'text', text }], structuredContent });
    expect(Buffer.byteLength(sent)).toBeLessThanOrEqual(8_000);
  });

  test('covers the environment’s namespaces and no other without a namespace', async () => {
    const shop = await openShop();
    const { text } = await shop.read(k8sList, { kind: 'deploy' });
    expect(text).toContain('2 deployments in shop, payments');
    expect(text).toMatch(/^NAMESPACE {2}NAME {2}READY/m);
    expect(text).toMatch(/^payments {2}pay {2}2\/2/m);
    const settings = await shop.read(k8sList, { kind: 'configmaps' });
    expect(settings.text).not.toContain('theirs');
  });

  test('refuses a namespace outside the environment', async () => {
    const shop = await openShop();
    await expect(shop.read(k8sList, { kind: 'pods', namespace: 'other' })).rejects.toMatchObject({
      code: 'OUT_OF_BOUNDS',
    });
  });

  test.each(['deploymnet', 'deploymnets', 'deploys', 'deplyo'])(
    'names the nearest kind for %s, which does not exist',
    async kind => {
      const shop = await openShop();
      await expect(shop.read(k8sList, { kind })).rejects.toMatchObject({
        code: 'UNKNOWN_KIND',
        details: { nearest: expect.arrayContaining(['Deployment']) },
      });
    },
  );

  test('counts everything with the first page and reaches every row once by its cursor', async () => {
    const shop = await openShop();
    await addPods(shop, 12);
    const input = { kind: 'pods', namespace: 'shop', labelSelector: 'extra=yes', limit: 5 };
    const names: string[] = [];
    let cursor: unknown;
    for (let page = 0; page < 5; page += 1) {
      const answer = await shop.read(k8sList, typeof cursor === 'string' ? { ...input, cursor } : input);
      if (page === 0) expect(answer.data).toMatchObject({ total: 12, counts: { Running: 12 }, shown: 5 });
      names.push(...namesIn(answer.text));
      cursor = answer.data['cursor'];
      if (cursor === undefined) break;
      expect(answer.data['truncated']).toBe(true);
    }
    expect(names).toHaveLength(12);
    expect(new Set(names).size).toBe(12);
  });

  test('goes from one namespace to the next by its cursor', async () => {
    const shop = await openShop();
    const names: string[] = [];
    let cursor: unknown;
    do {
      const more = typeof cursor === 'string' ? { cursor } : {};
      const { data, text } = await shop.read(k8sList, { kind: 'pods', limit: 2, ...more });
      if (cursor === undefined) expect(data).toMatchObject({ total: 5, counts: { Running: 5 } });
      expect(text).toContain('NAMESPACE  NAME');
      names.push(...[...text.matchAll(/^(?:shop|payments) {2}(\S+)/gm)].map(([, name]) => name ?? ''));
      cursor = data['cursor'];
    } while (cursor !== undefined && names.length < 20);
    expect(names).toHaveLength(5);
    expect(new Set(names).size).toBe(5);
  });

  test('shows what fits a small budget and goes on from there', async () => {
    const shop = await openShop({ context: { budgetBytes: 2_200 } });
    await addPods(shop, 30);
    const input = { kind: 'pods', namespace: 'shop', labelSelector: 'extra=yes' };
    const first = await shop.read(k8sList, input);
    expect(Buffer.byteLength(JSON.stringify(first))).toBeLessThanOrEqual(2_200);
    const seen = [...first.text.matchAll(/^extra-\S+/gm)].map(([name]) => name);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.length).toBeLessThan(30);
    const second = await shop.read(k8sList, { ...input, cursor: first.data['cursor'] });
    const next = namesIn(second.text);
    expect(next.length).toBeGreaterThan(0);
    expect(next.filter(name => seen.includes(name))).toEqual([]);
  });

  test('gives rows as data when asked, and then not as text', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sList, {
      kind: 'deployments',
      namespace: 'shop',
      format: 'json',
    });
    expect(data['rows']).toEqual([
      expect.objectContaining({ name: 'web', ready: '3/3', upToDate: 3, available: 3 }),
    ]);
    expect(text).toBe('1 deployment in shop');
  });

  test('shows more columns when wide', async () => {
    const shop = await openShop();
    const { text } = await shop.read(k8sList, { kind: 'deployments', namespace: 'shop', wide: true });
    expect(text).toContain('CONTAINERS  IMAGES  SELECTOR');
    expect(text).toContain('shop/web:1');
  });

  test('lists a custom kind by its short name', async () => {
    const shop = await openShop();
    await shop.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.shop.test' },
      spec: {
        group: 'shop.test',
        scope: 'Namespaced',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget', shortNames: ['wg'] },
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
        ],
      },
    });
    await shop.sandbox.advance(1_000);
    await shop.send('POST', '/apis/shop.test/v1/namespaces/shop/widgets', {
      apiVersion: 'shop.test/v1',
      kind: 'Widget',
      metadata: { name: 'first' },
    });
    const { data, text } = await shop.read(k8sList, { kind: 'wg', namespace: 'shop' });
    expect(data).toMatchObject({ kind: 'Widget', total: 1 });
    expect(text).toMatch(/^first/m);
  });

  test('says so when there is nothing', async () => {
    const shop = await openShop();
    const { text } = await shop.read(k8sList, { kind: 'jobs', namespace: 'shop' });
    expect(text).toBe('0 jobs in shop');
  });
});
