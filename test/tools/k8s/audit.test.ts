import { describe, expect, test } from 'vitest';
import { objectsIn } from '../../../src/core/json.ts';
import { auditAnswer } from '../../../src/tools/k8s/audit/answer.ts';
import { k8sAudit } from '../../../src/tools/k8s/audit.ts';
import { manifestsLint } from '../../../src/tools/manifests/lint.ts';
import { openShop } from '../small-shop.ts';

const everywhere = { environment: { namespaces: undefined, clusterScoped: true } };

describe('k8s_audit', () => {
  test('tells rules once: as text, or as data where that was asked for', async () => {
    const shop = await openShop(everywhere);
    const asText = await shop.read(k8sAudit, {});
    expect(asText.data).not.toHaveProperty('rules');
    expect(asText.text).toMatch(/^MEDIUM root-user \(\d+\): May run as root$/m);
    const asData = await shop.read(k8sAudit, { format: 'json' });
    expect(asData.text).toBe('');
    const { rules } = auditAnswer.parse(asData.data);
    expect(rules.map(({ rule }) => rule)).toContain('network-policy-missing');
    for (const { count, places } of rules) expect(places).toHaveLength(count);
  });

  test('in an environment of some namespaces tells of those, and names what it may not see', async () => {
    const shop = await openShop();
    const { data } = await shop.read(k8sAudit, { format: 'json' });
    const { rules, notChecked } = auditAnswer.parse(data);
    const objects = rules.flatMap(({ places }) => places.map(({ object }) => object));
    expect(objects).toContain('Deployment/web in shop');
    expect(objects.filter(object => object.endsWith(' in other'))).toEqual([]);
    // Rights may come from elsewhere: whether a token is needed is not known.
    expect(rules.map(({ rule }) => rule)).not.toContain('token-mounted');
    expect(notChecked.length).toBeLessThanOrEqual(13);
  });

  test('of a namespace that is not there fails, and passes nothing', async () => {
    const shop = await openShop(everywhere);
    await expect(shop.read(k8sAudit, { namespace: 'nowhere' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'The namespace that was asked for does not exist',
    });
  });

  test('a pod with an owner that makes no pods, and a set of replicas that nothing makes, are judged', async () => {
    const shop = await openShop(everywhere);
    const asked = { rule: 'host-namespaces', format: 'json' };
    const judged = async () =>
      auditAnswer
        .parse((await shop.read(k8sAudit, asked)).data)
        .rules.flatMap(({ places }) => places.map(({ object }) => object));
    expect(await judged()).toEqual([]);
    const spec = { hostPID: true, containers: [{ name: 'a', image: 'shop/web:1' }] };
    // The garbage collector leaves it alone: it is there.
    const settings = await shop.send('GET', '/api/v1/namespaces/shop/configmaps/settings');
    const { uid } = objectsIn([settings['metadata'] ?? null])[0] ?? {};
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', uid: uid ?? '', controller: true };
    await shop.send('POST', '/api/v1/namespaces/shop/pods', {
      metadata: { name: 'mule', ownerReferences: [owner] },
      spec,
    });
    await shop.send('POST', '/apis/apps/v1/namespaces/payments/replicasets', {
      metadata: { name: 'lone' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'lone' } },
        template: { metadata: { labels: { app: 'lone' } }, spec },
      },
    });
    await shop.pass();
    expect((await judged()).toSorted()).toEqual(['Pod/mule in shop', 'ReplicaSet/lone in payments']);
  });

  test('an exception with a reason and an end is counted, and no finding', async () => {
    const shop = await openShop(everywhere);
    const about = async () =>
      auditAnswer.parse((await shop.read(k8sAudit, { namespace: 'shop', format: 'json' })).data);
    const before = await about();
    expect(before.excepted).toEqual([]);
    await shop.send('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', {
      metadata: {
        annotations: { 'vigie.dev/audit-ignore.root-user': 'the vendor mends it; until 2100-01-31' },
      },
    });
    const after = await about();
    expect(after.excepted).toEqual([{ rule: 'root-user', count: 1 }]);
    const left = after.rules.find(({ rule }) => rule === 'root-user')?.places ?? [];
    expect(left.filter(({ object }) => object === 'Deployment/web in shop')).toEqual([]);
  });

  test('of a namespace leads on within that namespace', async () => {
    const shop = await openShop({ named: 'shop', ...everywhere });
    const { data } = await shop.read(k8sAudit, { namespace: 'shop' });
    expect(data['next']).toMatch(/: k8s_audit \{"namespace": "shop", "rule": "[a-z-]+"\}$/);
  });

  test('an upgrade is judged for the version that is named', async () => {
    const shop = await openShop(everywhere);
    const { data } = await shop.read(k8sAudit, {
      format: 'json',
      targetVersion: '1.37',
      rule: 'api-removed',
    });
    expect(auditAnswer.parse(data).rules).toEqual([]);
  });
});

describe('manifests_lint', () => {
  test('needs no environment, and names lines of the text', async () => {
    const shop = await openShop();
    const manifest =
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec:\n    containers:\n    - name: a\n      image: shop/web\n';
    const { data } = await shop.read(manifestsLint, { manifest, format: 'json', rule: 'image-untagged' });
    expect(auditAnswer.parse(data).rules).toMatchObject([
      {
        rule: 'image-untagged',
        count: 1,
        places: [{ object: 'Pod/a', path: 'spec.containers[0].image', line: 10 }],
      },
    ]);
  });

  test.each([
    ['no YAML', 'a: [', /line 1|flow/i],
    ['nothing', '# nothing\n', /holds no object/],
    ['no object of the API', 'a: b\n', /has no apiVersion/],
    ['a name of another type', 'apiVersion: v1\nkind: Pod\nmetadata: {name: 5}\n', /has no metadata\.name/],
    [
      'labels of another type',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {a: 5}}\n',
      /wrong type: metadata\.labels/,
    ],
  ])('refuses %s', async (_name, manifest, message) => {
    const shop = await openShop();
    await expect(shop.read(manifestsLint, { manifest })).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      message: expect.stringMatching(message),
    });
  });
});
