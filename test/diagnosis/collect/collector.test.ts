import { expect, test } from 'vitest';
import { Collector } from '../../../src/diagnosis/collect/collector.ts';
import { openShop } from '../../tools/small-shop.ts';

const web = '/apis/apps/v1/namespaces/shop/deployments/web';
const image = (name: string) => ({
  spec: { template: { spec: { containers: [{ name: 'web', image: name }] } } },
});

test('pods of which a lost watch may have missed any are all read again, each once, and those that are mended are gone', async () => {
  const shop = await openShop({ environment: { namespaces: undefined, clusterScoped: true } });
  const { kube, clusterTime } = shop.context;
  const collector = new Collector({
    kube,
    namespaces: undefined,
    clusterTime,
    masking: () => text => text,
    unread: [],
  });
  await shop.send('PATCH', web, image('shop/gone:2'));
  await shop.pass();
  await collector.readAll();
  const broken = collector.snapshot();
  expect(broken.of('Pod').length).toBeGreaterThan(0);
  await collector.refresh({ kinds: new Set(), podsOf: new Set(['']) });
  const again = collector.snapshot();
  expect(again.of('Pod').map(({ metadata }) => metadata.uid)).toEqual(
    broken.of('Pod').map(({ metadata }) => metadata.uid),
  );
  expect(again.rows).toEqual(broken.rows);
  await shop.send('PATCH', web, image('shop/web:1'));
  await shop.pass();
  await collector.refresh({ kinds: new Set(), podsOf: new Set(['']) });
  const mended = collector.snapshot();
  expect(mended.of('Pod')).toEqual([]);
  expect(mended.unread).toEqual([]);
});
