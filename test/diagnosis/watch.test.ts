import { expect, onTestFinished, test } from 'vitest';
import { KubeConnection } from '../../src/clients/kube/connection.ts';
import { watchFindings } from '../../src/diagnosis/watch.ts';
import { startMeddledWire } from '../support/meddled-wire.ts';
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
});

test('a watch that is lost is taken up again', async () => {
  const shop = await openShop({ environment: { namespaces: undefined, clusterScoped: true } });
  const wire = await startMeddledWire(shop.sandbox);
  onTestFinished(() => wire.close());
  let cuts = 0;
  wire.meddle({
    before: ({ path }) => {
      if (!path.includes('watch=1') || cuts >= 20) return undefined;
      cuts += 1;
      return 'cut';
    },
  });
  const connection = new KubeConnection({
    target: { via: 'direct', url: wire.url, token: shop.sandbox.token },
    bounds: { namespaces: undefined, clusterScoped: true },
    readOnly: true,
    userAgent: 'vigie-test',
  });
  onTestFinished(() => connection.close());
  const stop = new AbortController();
  const kube = connection.session(stop.signal).reader;
  const turns = watchFindings(
    {
      kube,
      namespaces: undefined,
      clusterTime: shop.context.clusterTime,
      masking: () => text => text,
      unread: [],
    },
    { signal: stop.signal, say: () => {} },
  );
  let broken = false;
  let appeared = false;
  for await (const turn of turns) {
    if (!broken) {
      broken = true;
      await shop.send('PATCH', web, image('shop/gone:2'));
    }
    appeared = turn.appeared.length > 0;
    if (appeared) stop.abort();
    else await shop.pass();
  }
  expect(appeared).toBe(true);
  expect(cuts).toBe(20);
});
