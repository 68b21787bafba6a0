import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { k8sExplain } from '../../../src/tools/k8s/explain.ts';
import { openShop } from '../small-shop.ts';

const brews = (openAPIV3Schema: JsonObject): JsonObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'brews.tea.example.com' },
  spec: {
    group: 'tea.example.com',
    scope: 'Namespaced',
    names: { kind: 'Brew', plural: 'brews', singular: 'brew' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
  },
});

describe('k8s_explain', () => {
  test('shows what a kind is made of', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sExplain, { path: 'deploy' });
    expect(data).toMatchObject({ kind: 'Deployment', apiVersion: 'apps/v1', type: 'object', fields: 5 });
    expect(text).toMatch(/^Deployment \(apps\/v1\): object\n/);
    expect(text).toMatch(/^spec: DeploymentSpec/m);
  });

  test('follows a path through references and lists, however lists are written', async () => {
    const shop = await openShop();
    const plain = await shop.read(k8sExplain, { path: 'deployment.spec.template.spec.containers.ports' });
    const indexed = await shop.read(k8sExplain, {
      path: 'Deployment.spec.template.spec.containers[0].ports[]',
    });
    expect(indexed).toEqual(plain);
    expect(plain.data).toMatchObject({
      field: 'spec.template.spec.containers.ports',
      type: '[]ContainerPort',
    });
    expect(plain.text).toMatch(/^containerPort: integer \(int32\), required$/m);
    expect(plain.text).toMatch(/^hostPort: integer \(int32\)$/m);
  });

  test('shows one level more when asked', async () => {
    const shop = await openShop();
    const { text } = await shop.read(k8sExplain, { path: 'deployment.spec.strategy', levels: 2 });
    expect(text).toMatch(
      /^rollingUpdate: RollingUpdateDeployment\n {2}maxSurge: integer or string\n {2}maxUnavailable: integer or string\ntype: string/m,
    );
  });

  test('makes no more lines than anybody reads, and says that there are more', async () => {
    const shop = await openShop({ context: { budgetBytes: 10_000_000 } });
    const { data, text } = await shop.read(k8sExplain, {
      path: 'crd.spec.versions.schema.openAPIV3Schema',
      levels: 5,
    });
    expect(data).toMatchObject({ truncated: true });
    expect(text).toMatch(/of more shown; ask for one of them$/);
  });

  test('goes as deep as it is told', async () => {
    const shop = await openShop();
    const { text } = await shop.read(k8sExplain, { path: 'deployment.spec', levels: 3 });
    expect(text).toMatch(/^ {4}maxSurge: /m);
    expect(text).not.toMatch(/^ {6}\w/m);
  });

  test('says that this server publishes types alone', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sExplain, { path: 'pod.spec' });
    expect(data).toMatchObject({ described: false });
    expect(text).toContain('this server publishes no descriptions');
  });

  test.each(['deployments.apps.spec.replicas', 'Deployment.apps.spec.replicas', 'deploy.spec.REPLICAS'])(
    'reads %s as people mean it',
    async path => {
      const shop = await openShop();
      const { data } = await shop.read(k8sExplain, { path });
      expect(data).toMatchObject({
        kind: 'Deployment',
        field: 'spec.replicas',
        type: 'integer (int32)',
        fields: 0,
      });
    },
  );

  test('takes the kind of the group or version that is named', async () => {
    const shop = await openShop();
    const newer = await shop.read(k8sExplain, { path: 'events.events.k8s.io.note' });
    expect(newer.data).toMatchObject({ apiVersion: 'events.k8s.io/v1', field: 'note' });
    const older = await shop.read(k8sExplain, {
      path: 'hpa.spec.targetCPUUtilizationPercentage',
      apiVersion: 'autoscaling/v1',
    });
    expect(older.data).toMatchObject({ apiVersion: 'autoscaling/v1' });
  });

  test('names the nearest fields for one that is not there, and never what was typed', async () => {
    const shop = await openShop();
    const error: unknown = await shop
      .read(k8sExplain, { path: 'deployment.spec.replcas' })
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: 'INVALID_INPUT',
      message: 'path: spec of Deployment has no such field (word 3 of the path)',
      hint: 'Did you mean replicas?',
    });
    expect(JSON.stringify(error)).not.toContain('replcas');
    await expect(shop.read(k8sExplain, { path: 'deployment.spec.replicas.most' })).rejects.toMatchObject({
      hint: 'It has no fields below it; end the path there.',
    });
    await expect(shop.read(k8sExplain, { path: 'deployment.spec.zzz' })).rejects.toMatchObject({
      hint: expect.stringContaining('There is: minReadySeconds'),
    });
  });

  test('names the nearest kinds for one that is not there', async () => {
    const shop = await openShop();
    await expect(shop.read(k8sExplain, { path: 'deploymnt.spec' })).rejects.toMatchObject({
      code: 'UNKNOWN_KIND',
      details: { nearest: ['Deployment'] },
    });
    // `ing` is short for Ingress.
    await expect(shop.read(k8sExplain, { path: 'nosuchthing' })).rejects.toMatchObject({
      code: 'UNKNOWN_KIND',
      details: { nearest: [] },
    });
    await expect(shop.read(k8sExplain, { path: '...' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('says of a custom kind without a schema that anything may stand there', async () => {
    const shop = await openShop();
    await shop.send(
      'POST',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      brews({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
    );
    const { text } = await shop.read(k8sExplain, { path: 'brews' });
    expect(text).toMatch(/^Brew \(tea.example.com\/v1\): object$/m);
    expect(text).toContain('any field may stand here');
  });

  test('folds to the budget and says how much is left', async () => {
    const shop = await openShop({ context: { budgetBytes: 7_000 } });
    const answer = await shop.read(k8sExplain, { path: 'pod.spec', levels: 2 });
    expect(answer.data).toMatchObject({ truncated: true });
    expect(answer.text).toMatch(/\d+ of \d+ shown; ask for one of them$/);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(7_000);
  });

  test('asks for a document once, as long as it is the same', async () => {
    const shop = await openShop();
    for (const path of ['deploy', 'sts.spec', 'ds']) await shop.read(k8sExplain, { path });
    const asked = shop.sandbox.requests().filter(({ path }) => path === '/openapi/v3/apis/apps/v1');
    expect(asked).toHaveLength(1);
  });
});
