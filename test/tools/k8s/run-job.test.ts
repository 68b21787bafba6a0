import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { k8sRunJob } from '../../../src/tools/k8s/run-job.ts';
import { openShop, type Shop } from '../small-shop.ts';

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'shop/report:1' }] } };

async function makeCronJob(shop: Shop, name: string): Promise<JsonObject> {
  return shop.send('POST', '/apis/batch/v1/namespaces/shop/cronjobs', {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name },
    spec: { schedule: '0 3 * * *', suspend: true, jobTemplate: { spec: { template } } },
  });
}

function job(metadata: object): string {
  return JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { template } });
}

describe('k8s_run_job', () => {
  test.each(['report', 'cronjob/report', 'cj/report', 'cronjobs.batch/report'])(
    'finds a CronJob that is named %s',
    async cronJob => {
      const shop = await openShop();
      const { metadata } = (await makeCronJob(shop, 'report')) as { metadata: { uid: string } };
      const [change] = await shop.plan(k8sRunJob, { cronJob, namespace: 'shop' });
      expect(change).toMatchObject({
        kind: 'k8s-run-job',
        target: { kind: 'Job', namespace: 'shop', name: expect.stringMatching(/^report-[a-z0-9]{8}$/) },
        manifest: {
          metadata: {
            annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
            ownerReferences: [
              { apiVersion: 'batch/v1', kind: 'CronJob', uid: metadata.uid, controller: true },
            ],
          },
        },
      });
    },
  );

  test('draws another name for each run, and none that is too long for the label of a pod', async () => {
    const shop = await openShop();
    const long = `${'a'.repeat(53)}-${'b'.repeat(9)}`;
    const call = { manifest: job({ name: long }), namespace: 'shop' };
    const [one] = await shop.plan(k8sRunJob, call);
    const [other] = await shop.plan(k8sRunJob, call);
    expect(one?.target.name).toMatch(/^a{53}-[a-z0-9]{8}$/);
    expect(other?.target.name).not.toBe(one?.target.name);
  });

  test('makes a name of a generateName, and refuses a Job that has neither', async () => {
    const shop = await openShop();
    const manifest = job({ generateName: 'import-', namespace: 'shop' });
    const [change] = await shop.plan(k8sRunJob, { manifest });
    expect(change?.target.name).toMatch(/^import-[a-z0-9]{8}$/);
    expect(change).not.toHaveProperty('manifest.metadata.generateName');
    await expect(
      shop.plan(k8sRunJob, { manifest: job({ generateName: '', namespace: 'shop' }) }),
    ).rejects.toMatchObject({ code: 'INVALID_MANIFEST' });
    await expect(shop.plan(k8sRunJob, { manifest: job({ namespace: 'shop' }) })).rejects.toMatchObject({
      message: expect.stringContaining('has no metadata.name'),
    });
  });

  test('takes the namespace of the manifest, and refuses another beside it', async () => {
    const shop = await openShop();
    const manifest = job({ name: 'once', namespace: 'payments', labels: { part: 'books' } });
    const [change] = await shop.plan(k8sRunJob, { manifest });
    expect(change).toMatchObject({
      target: { namespace: 'payments' },
      manifest: { metadata: { namespace: 'payments', labels: { part: 'books' } } },
    });
    await expect(shop.plan(k8sRunJob, { manifest, namespace: 'shop' })).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      message: expect.stringContaining('names the namespace payments'),
    });
    await expect(shop.plan(k8sRunJob, { manifest: job({ name: 'once' }) })).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      message: expect.stringContaining('names no namespace'),
    });
  });

  test.each([
    ['a Deployment', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n'],
    ['two Jobs', `${job({ name: 'one' })}\n---\n${job({ name: 'two' })}`],
    ['a Job of another group', 'apiVersion: example.com/v1\nkind: Job\nmetadata: {name: x}\n'],
  ])('refuses %s', async (_, manifest) => {
    const shop = await openShop();
    await expect(shop.plan(k8sRunJob, { manifest, namespace: 'shop' })).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
    });
  });

  test('wants a CronJob or a manifest, and not both', async () => {
    const shop = await openShop();
    const both = { cronJob: 'report', manifest: job({ name: 'once' }), namespace: 'shop' };
    await expect(shop.plan(k8sRunJob, both)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(shop.plan(k8sRunJob, {})).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('says that a CronJob does not exist', async () => {
    const shop = await openShop();
    const call = { cronJob: 'gone', namespace: 'shop' };
    await expect(shop.plan(k8sRunJob, call)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
