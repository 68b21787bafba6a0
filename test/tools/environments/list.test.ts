import { expect, test } from 'vitest';
import { environmentsList } from '../../../src/tools/environments/list.ts';
import { openTemporary } from '../../store/open-temporary.ts';
import { contextOf, readWith } from '../changes/recorded.ts';

test('environments_list says what each may touch, what its policy says and what an approval is worth', async () => {
  const { store } = await openTemporary();
  const shop = {
    name: 'demo',
    cluster: 'sandbox: shop',
    kind: 'sandbox',
    namespaces: ['shop', 'payments'],
    clusterScoped: true,
    policy: { low: 'allow', medium: 'allow', high: 'ask' },
  } as const;
  const { environments } = contextOf(store);
  const context = contextOf(store, { environments: [...environments, shop], readOnly: true });
  const { data, text } = await readWith(environmentsList, { context, input: {} });
  expect(text.split('\n')).toEqual([
    'NAME  CLUSTER  NAMESPACES  CLUSTER-SCOPED  LOW  MEDIUM  HIGH',
    'prod  context prod  all  no  allow  ask  deny',
    'dev  context dev  all  no  allow  ask  deny',
    'demo  sandbox: shop (simulated)  shop,payments  yes  allow  allow  ask',
    expect.stringMatching(/^assurance: advisory/),
    'read-only: no change can be made',
  ]);
  expect(data).toMatchObject({
    assurance: 'advisory',
    readOnly: true,
    environments: [{ name: 'prod' }, { name: 'dev' }, shop],
  });
});
