import { expect, test } from 'vitest';
import { watchFindings } from '../../src/diagnosis/watch.ts';
import { openShop } from '../tools/small-shop.ts';

const image = (name: string) => ({
  spec: { template: { spec: { containers: [{ name: 'web', image: name }] } } },
});
const web = '/apis/apps/v1/namespaces/shop/deployments/web';

test('a fault appears while it is watched, and clears when it is mended', async () => {
  const shop = await openShop();
  const { kube, environment, clusterTime } = shop.context;
  const stop = new AbortController();
  const said: string[] = [];
  const turns = watchFindings(
    { kube, namespaces: environment.namespaces, clusterTime, masking: () => text => text, unread: [] },
    { signal: stop.signal, say: line => said.push(line) },
  );
  const seen: string[] = [];
  let stage: 'well' | 'broken' | 'mended' = 'well';
  for await (const { appeared, cleared } of turns) {
    seen.push(...appeared.map(({ code }) => `+ ${code}`), ...cleared.map(({ code }) => `- ${code}`));
    if (stage === 'well') {
      expect(seen).toEqual([]);
      stage = 'broken';
      await shop.send('PATCH', web, image('shop/gone:2'));
    } else if (stage === 'broken' && seen.some(line => line.startsWith('+'))) {
      stage = 'mended';
      await shop.send('PATCH', web, image('shop/web:1'));
    } else if (stage === 'mended' && seen.filter(line => line.startsWith('-')).length === seen.length / 2)
      stop.abort();
    await shop.pass();
  }
  expect(seen.filter(line => line.startsWith('+')).length).toBeGreaterThan(0);
  expect(
    seen
      .filter(line => line.startsWith('+'))
      .map(line => line.slice(2))
      .toSorted(),
  ).toEqual(
    seen
      .filter(line => line.startsWith('-'))
      .map(line => line.slice(2))
      .toSorted(),
  );
  expect(said).toEqual([]);
}, 60_000);
