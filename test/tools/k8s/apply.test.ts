import { describe, expect, test } from 'vitest';
import { k8sApply } from '../../../src/tools/k8s/apply.ts';
import { openShop } from '../small-shop.ts';

const document = (kind: string, name: string, more = '') =>
  `apiVersion: ${apiVersions[kind] ?? 'v1'}\nkind: ${kind}\nmetadata: {name: ${name}${more}}\n`;
const apiVersions: Record<string, string> = {
  Deployment: 'apps/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Ingress: 'networking.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  Widget: 'shop.test/v1',
};
const widgets = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.shop.test}
spec: {group: shop.test, scope: Namespaced, names: {kind: Widget, plural: widgets}}
`;

describe('k8s_apply', () => {
  test('plans one change a document, in the order the objects need each other', async () => {
    const shop = await openShop();
    const manifest = [
      document('Ingress', 'i'),
      document('HorizontalPodAutoscaler', 'h'),
      document('Deployment', 'd'),
      document('Service', 's'),
      document('ConfigMap', 'c'),
      document('ServiceAccount', 'a'),
    ].join('---\n');
    const changes = await shop.plan(k8sApply, { manifest, namespace: 'shop' });
    expect(changes.map(change => change.target.kind)).toEqual([
      'ServiceAccount',
      'ConfigMap',
      'Service',
      'Deployment',
      'HorizontalPodAutoscaler',
      'Ingress',
    ]);
    expect(changes[1]).toEqual({
      kind: 'k8s-apply',
      target: { kind: 'ConfigMap', name: 'c', apiVersion: 'v1', namespace: 'shop' },
      manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop' } },
      force: false,
    });
  });

  test('takes the environment’s only namespace where none is named, and asks where there are several', async () => {
    const manifest = document('ConfigMap', 'c');
    const one = await openShop({ environment: { namespaces: ['shop'] } });
    expect(await one.plan(k8sApply, { manifest })).toMatchObject([{ target: { namespace: 'shop' } }]);
    const two = await openShop();
    await expect(two.plan(k8sApply, { manifest })).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      message: expect.stringContaining('names no namespace'),
    });
  });

  test('refuses a document in another namespace, also inside a List', async () => {
    const shop = await openShop();
    const manifest = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: kube-system}}\n`;
    await expect(shop.plan(k8sApply, { manifest })).rejects.toMatchObject({
      code: 'OUT_OF_BOUNDS',
      details: { allowed: ['shop', 'payments'] },
    });
  });

  test('refuses what belongs to no namespace unless the environment may', async () => {
    const manifest = document('ClusterRole', 'all');
    const bound = await openShop();
    await expect(bound.plan(k8sApply, { manifest })).rejects.toMatchObject({ code: 'OUT_OF_BOUNDS' });
    const free = await openShop({ environment: { clusterScoped: true } });
    expect(await free.plan(k8sApply, { manifest })).toMatchObject([
      { target: { kind: 'ClusterRole', name: 'all' } },
    ]);
  });

  test('refuses a document that contradicts the call’s namespace', async () => {
    const shop = await openShop();
    const manifest = document('ConfigMap', 'c', ', namespace: payments');
    await expect(shop.plan(k8sApply, { manifest, namespace: 'shop' })).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
    });
  });

  test('refuses the same object twice', async () => {
    const shop = await openShop();
    const manifest = `${document('ConfigMap', 'c')}---\n${document('ConfigMap', 'c', ', namespace: shop')}`;
    await expect(shop.plan(k8sApply, { manifest, namespace: 'shop' })).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      message: expect.stringContaining('ConfigMap/c in shop twice'),
    });
  });

  test('knows a kind that the manifest itself brings along', async () => {
    const shop = await openShop({ environment: { clusterScoped: true } });
    const manifest = `${document('Widget', 'w')}---\n${widgets}`;
    const changes = await shop.plan(k8sApply, { manifest, namespace: 'shop' });
    expect(changes.map(change => change.target)).toMatchObject([
      { kind: 'CustomResourceDefinition' },
      { kind: 'Widget', namespace: 'shop' },
    ]);
    await expect(
      shop.plan(k8sApply, { manifest: document('Widget', 'w'), namespace: 'shop' }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_KIND' });
  });

  test('names line and column of broken YAML', async () => {
    const shop = await openShop();
    await expect(
      shop.plan(k8sApply, { manifest: 'kind: Pod\n  name: [', namespace: 'shop' }),
    ).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      details: { line: expect.any(Number), column: expect.any(Number) },
    });
  });

  test('forces only when asked to', async () => {
    const shop = await openShop();
    const manifest = document('ConfigMap', 'c');
    const changes = await shop.plan(k8sApply, { manifest, namespace: 'shop', force: true });
    expect(changes).toMatchObject([{ force: true }]);
  });
});
