import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { k8sGet } from '../../../src/tools/k8s/get.ts';
import { openShop, secretValue } from '../small-shop.ts';

const web = { kind: 'deploy', name: 'web', namespace: 'shop' };

describe('k8s_get', () => {
  test('shows an object as YAML without its bookkeeping', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sGet, { target: web });
    expect(parse(text)).toMatchObject({
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { replicas: 3 },
    });
    expect(text).not.toContain('managedFields');
    expect(data).toEqual({
      kind: 'Deployment',
      name: 'web',
      namespace: 'shop',
      apiVersion: 'apps/v1',
      truncated: false,
    });
  });

  test('shows one field as it is', async () => {
    const shop = await openShop();
    const field = 'spec.template.spec.containers[0].image';
    const { data, text } = await shop.read(k8sGet, { target: web, field });
    expect(text).toBe('shop/web:1');
    expect(data).toMatchObject({ field });
  });

  test('gives the object as data when asked', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sGet, { target: web, format: 'json' });
    expect(data['object']).toMatchObject({ spec: { replicas: 3 } });
    expect(text).not.toContain('replicas');
  });

  test.each([
    {},
    { field: 'data' },
    { field: 'data.password' },
    { format: 'json' },
    { field: 'metadata.annotations' },
  ])('never shows the value of a Secret: %j', async input => {
    const shop = await openShop();
    await shop.send('PATCH', '/api/v1/namespaces/shop/secrets/db', {
      metadata: {
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"password":"${secretValue.base64}"}}`,
          team: 'shop',
        },
      },
    });
    const target = { kind: 'secret', name: 'db', namespace: 'shop' };
    const answer = JSON.stringify(await shop.read(k8sGet, { target, ...input }));
    expect(answer).not.toContain(secretValue.raw);
    expect(answer).not.toContain(secretValue.base64);
    expect(answer).toContain(input.field === 'metadata.annotations' ? 'team' : '<set>');
  });

  test('folds an object that is too large and says how to see the rest', async () => {
    const shop = await openShop();
    const data = { 'big.txt': 'x'.repeat(200_000), small: 'kept' };
    await shop.send('PATCH', '/api/v1/namespaces/shop/configmaps/settings', { data });
    const target = { kind: 'cm', name: 'settings', namespace: 'shop' };
    const answer = await shop.read(k8sGet, { target });
    expect(answer.data).toMatchObject({ truncated: true, cut: ['data["big.txt"]'] });
    expect(answer.text).toContain('ask for one part with field: data["big.txt"]');
    expect(answer.text).toContain('small: kept');
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(shop.context.budgetBytes);
  });

  test('says that an object does not exist', async () => {
    const shop = await openShop();
    const target = { kind: 'Deployment', name: 'wep', namespace: 'shop' };
    await expect(shop.read(k8sGet, { target })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('refuses a namespace outside the environment', async () => {
    const shop = await openShop();
    const target = { kind: 'cm', name: 'theirs', namespace: 'other' };
    await expect(shop.read(k8sGet, { target })).rejects.toMatchObject({ code: 'OUT_OF_BOUNDS' });
  });
});
