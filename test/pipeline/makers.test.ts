import { afterEach, describe, expect, test } from 'vitest';
import { askAsAdministrator } from '../support/sandbox-client.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

let running: TestVigie;
afterEach(() => running.stop());

const deployment = '/apis/apps/v1/namespaces/shop/deployments/web';

async function start(protect: string): Promise<void> {
  running = await startVigie({ policy: `{low: ask, medium: ask, high: ask, ${protect}}`, everywhere: true });
  await running.sandbox.advance(10_000);
}

async function makeCronJob(labels: Record<string, string>): Promise<void> {
  const container = { name: 'c', image: 'shop/web:1' };
  const template = { spec: { restartPolicy: 'Never', containers: [container] } };
  await askAsAdministrator(running.sandbox, {
    method: 'POST',
    path: '/apis/batch/v1/namespaces/shop/cronjobs',
    body: {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'report', labels },
      spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template } } },
    },
  });
}

const mark = () =>
  askAsAdministrator(running.sandbox, {
    method: 'PATCH',
    path: deployment,
    body: { metadata: { labels: { guarded: 'yes' } } },
  });
const enter = () => running.call('k8s_exec', { pod: 'deploy/web', namespace: 'shop', command: ['hostname'] });

async function nodeOfWeb(): Promise<string> {
  const pods = await askAsAdministrator(running.sandbox, {
    method: 'GET',
    path: '/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb',
    body: undefined,
  });
  return /"nodeName":"([^"]+)"/.exec(JSON.stringify(pods))?.[1] ?? '';
}

describe.each([
  ['by kind and name', 'protect: [{kind: Deployment, name: web}]'],
  ['by label', 'protect: [{labels: guarded=yes}]'],
])('a Deployment protected %s', (_how, protect) => {
  test('has pods that no command enters and no drain evicts', async () => {
    await start(protect);
    await mark();
    const entered = await enter();
    expect(entered.data).toMatchObject({ status: 'denied', rule: 'policy.protect[0]' });
    expect(entered.text).toMatch(
      /Pod\/web-\S+ in shop belongs to what is protected: Deployment\/web in shop/,
    );
    const node = await nodeOfWeb();
    const drained = await running.call('k8s_node', {
      action: 'drain',
      node,
      force: true,
      deleteLocalData: true,
    });
    expect(drained.data).toMatchObject({ status: 'denied', rule: 'policy.protect[0]' });
  });
});

test('a ticket is no way in once what made its pod is protected', async () => {
  await start('protect: [{labels: guarded=yes}]');
  const asked = await enter();
  expect(asked.status).toBe('approval_required');
  await mark();
  expect((await running.approve(idOf(asked))).data).toMatchObject({ status: 'denied' });
});

test.each([
  ['by kind', 'protect: [{kind: CronJob}]'],
  ['by label', 'protect: [{labels: guarded=yes}]'],
])('a CronJob protected %s is not run', async (_how, protect) => {
  await start(protect);
  await makeCronJob({ guarded: 'yes' });
  const run = await running.call('k8s_run_job', { cronJob: 'report', namespace: 'shop' });
  expect(run.data).toMatchObject({ status: 'denied', rule: 'policy.protect[0]' });
});

test('what is made by something else is not protected with it, and an owner of that name that is gone is', async () => {
  await start('protect: [{kind: Deployment, name: other}]');
  expect((await enter()).status).toBe('approval_required');
  const gone = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'other', uid: 'gone', controller: true };
  const owned = { name: 'left', namespace: 'shop', ownerReferences: [gone] };
  const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: owned });
  const applied = await running.call('k8s_apply', { manifest });
  expect(applied.data).toMatchObject({ status: 'denied', rule: 'policy.protect[0]' });
});
