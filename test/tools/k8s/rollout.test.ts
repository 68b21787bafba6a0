import { describe, expect, test } from 'vitest';
import { k8sRollout } from '../../../src/tools/k8s/rollout.ts';
import { openShop, type Shop } from '../small-shop.ts';

const target = { kind: 'deploy', name: 'web', namespace: 'shop' };
const path = '/apis/apps/v1/namespaces/shop/deployments/web';

async function setImage(shop: Shop, image: string): Promise<void> {
  await shop.send('PATCH', path, { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } });
  await shop.pass();
}

describe('k8s_rollout', () => {
  test('restarts by the annotation that kubectl sets, at the time of the plan', async () => {
    const shop = await openShop();
    const [change] = await shop.plan(k8sRollout, { target, action: 'restart' });
    const restartedAt = `${shop.context.now.toISOString().slice(0, 19)}Z`;
    expect(change).toMatchObject({
      kind: 'k8s-patch',
      patch: {
        spec: {
          template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': restartedAt } } },
        },
      },
    });
  });

  test('undo goes back to the template before, which then runs', async () => {
    const shop = await openShop();
    await setImage(shop, 'shop/web:2');
    const [change] = await shop.plan(k8sRollout, { target, action: 'undo' });
    expect(change).toMatchObject({
      patch: {
        spec: { template: { spec: { containers: [expect.objectContaining({ image: 'shop/web:1' })] } } },
      },
    });
    expect(JSON.stringify(change)).not.toContain('pod-template-hash');
    if (change?.kind !== 'k8s-patch') throw new Error('no patch');
    await shop.send('PATCH', path, change.patch);
    await shop.pass();
    const sets = await shop.send('GET', '/apis/apps/v1/namespaces/shop/replicasets');
    expect(sets['items']).toHaveLength(2);
  });

  test('undo to a revision takes that one, and the one that runs is no change', async () => {
    const shop = await openShop();
    await setImage(shop, 'shop/web:2');
    await setImage(shop, 'shop/web:3');
    expect(JSON.stringify(await shop.plan(k8sRollout, { target, action: 'undo', toRevision: 1 }))).toContain(
      'shop/web:1',
    );
    expect(await shop.plan(k8sRollout, { target, action: 'undo', toRevision: 3 })).toEqual([]);
  });

  test('undo without an earlier revision says which there are', async () => {
    const shop = await openShop();
    await expect(shop.plan(k8sRollout, { target, action: 'undo' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('no earlier revision'),
      hint: expect.stringContaining('Known revisions: 1'),
    });
    await expect(shop.plan(k8sRollout, { target, action: 'undo', toRevision: 9 })).rejects.toMatchObject({
      message: expect.stringContaining('no revision 9'),
    });
  });

  test('undo of a StatefulSet takes the template of its revision before', async () => {
    const shop = await openShop();
    const sets = '/apis/apps/v1/namespaces/shop/statefulsets';
    const labels = { app: 'db' };
    await shop.send('POST', sets, {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        replicas: 1,
        serviceName: 'db',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'db', image: 'shop/db:1' }] } },
      },
    });
    await shop.pass();
    const containers = [{ name: 'db', image: 'shop/db:2' }];
    await shop.send('PATCH', `${sets}/db`, { spec: { template: { spec: { containers } } } });
    await shop.pass();
    const db = { kind: 'sts', name: 'db', namespace: 'shop' };
    const [change] = await shop.plan(k8sRollout, { target: db, action: 'undo' });
    expect(change).toMatchObject({
      target: { kind: 'StatefulSet' },
      patch: {
        spec: { template: { spec: { containers: [expect.objectContaining({ image: 'shop/db:1' })] } } },
      },
    });
    expect(JSON.stringify(change)).not.toContain('$patch');
  });

  test('pauses once, resumes, and does not restart while paused', async () => {
    const shop = await openShop();
    expect(await shop.plan(k8sRollout, { target, action: 'resume' })).toEqual([]);
    expect(await shop.plan(k8sRollout, { target, action: 'pause' })).toMatchObject([
      { patch: { spec: { paused: true } } },
    ]);
    await shop.send('PATCH', path, { spec: { paused: true } });
    expect(await shop.plan(k8sRollout, { target, action: 'pause' })).toEqual([]);
    expect(await shop.plan(k8sRollout, { target, action: 'resume' })).toMatchObject([
      { patch: { spec: { paused: null } } },
    ]);
    await expect(shop.plan(k8sRollout, { target, action: 'restart' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      hint: expect.stringContaining('resume'),
    });
  });

  test('status and history answer and change nothing', async () => {
    const shop = await openShop();
    await setImage(shop, 'shop/web:2');
    const status = await shop.read(k8sRollout, { target, action: 'status' });
    expect(status.data).toMatchObject({ status: 'answered', health: 'healthy' });
    const history = await shop.read(k8sRollout, { target, action: 'history' });
    expect(history.data['revisions']).toMatchObject([
      { revision: 1, images: ['shop/web:1'] },
      { revision: 2, images: ['shop/web:2'] },
    ]);
    expect(history.text).toMatch(/^2 {2}\S+ {2}shop\/web:2 {2}-$/m);
    k8sRollout.output.parse(history.data);
  });

  test('refuses a kind without a rollout and a revision without undo', async () => {
    const shop = await openShop();
    const settings = { kind: 'cm', name: 'settings', namespace: 'shop' };
    await expect(shop.read(k8sRollout, { target: settings, action: 'status' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('has no rollout'),
    });
    await expect(shop.plan(k8sRollout, { target, action: 'restart', toRevision: 1 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});
