import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { eventually } from '../support/eventually.ts';
import { idOf } from '../support/start-vigie.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
  untilSchedulable,
} from './support/on-cluster.ts';
import { startStandInKubelet } from './support/stand-in-kubelet.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

const budgets = '/apis/policy/v1/namespaces/shop/poddisruptionbudgets';
const pods = '/api/v1/namespaces/shop/pods';
const [first, second] = ['stand-in-1', 'stand-in-2'];

interface PodFacts {
  metadata: { name: string };
  spec: { nodeName?: string };
  status: { phase?: string };
}

// One journey in order: each test goes on where the one before ended.
describeOnCluster('drains and jobs on a real cluster', binaries => {
  let cluster: Cluster;
  let other: { stop(): Promise<void> } | undefined;
  let vigie: RealVigie;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'));
    await cluster.make('/apis/apps/v1/namespaces/shop/deployments', deploymentOf('web', { replicas: 4 }));
    await eventually(async () => expect(await running(first)).toHaveLength(4));
    other = startStandInKubelet(cluster.call, second);
    await untilSchedulable(cluster.call, second);
    vigie = await startRealVigie({ kubeconfig: readFileSync(cluster.kubeconfig, 'utf8') });
  });
  afterAll(async () => {
    await other?.stop();
    await cluster.stop();
    await vigie.stop();
  });

  async function get(path: string): Promise<JsonObject> {
    return (await cluster.call({ method: 'GET', path })).body;
  }

  async function running(node: string): Promise<string[]> {
    const { items } = (await get(pods)) as unknown as { items: PodFacts[] };
    return items
      .filter(({ spec, status }) => spec.nodeName === node && status.phase === 'Running')
      .map(({ metadata }) => metadata.name);
  }

  async function isCordoned(node: string): Promise<boolean> {
    const { spec } = (await get(`/api/v1/nodes/${node}`)) as unknown as { spec: { unschedulable?: boolean } };
    return spec.unschedulable === true;
  }

  test('a drain that a budget holds back to its end takes its cordon back', async () => {
    await cluster.make(budgets, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web' },
      spec: { minAvailable: 4, selector: { matchLabels: { app: 'web' } } },
    });
    await expect
      .poll(async () => (await get(`${budgets}/web`))['status'])
      .toMatchObject({ currentHealthy: 4, disruptionsAllowed: 0 });
    const stopped = await vigie.change('k8s_node', { action: 'drain', node: first, waitSeconds: 2 });
    expect(stopped.status, stopped.text).toBe('failed');
    expect(stopped.text).toContain('BLOCKED_BY_BUDGET');
    expect(stopped.text).toContain('needs 4 healthy pods and has 4 currently');
    expect(stopped.text).toContain('allows 0 disruptions now, of 4 pods that leave');
    expect(await isCordoned(first)).toBe(false);
    expect(await running(first)).toHaveLength(4);
  });

  test('a drain waits for its turns with a budget, and every pod is ready elsewhere at its end', async () => {
    await cluster.call({
      method: 'PATCH',
      path: `${budgets}/web`,
      contentType: 'application/merge-patch+json',
      body: { spec: { minAvailable: 3 } },
    });
    await expect
      .poll(async () => (await get(`${budgets}/web`))['status'])
      .toMatchObject({ disruptionsAllowed: 1 });
    const done = await vigie.change('k8s_node', { action: 'drain', node: first, waitSeconds: 90 });
    expect(done.status, done.text).toBe('done');
    expect(done.text).toMatch(/ReplicaSet\/web-\w+ in shop: 4 of 4 pods ready on other nodes/);
    expect(await isCordoned(first)).toBe(true);
    expect(await running(first)).toEqual([]);
    expect(await running(second)).toHaveLength(4);
    const asked = await vigie.call('changes_undo', { id: idOf(done) });
    expect((await vigie.approve(asked.data['id'])).status).toBe('done');
    expect(await isCordoned(first)).toBe(false);
  });

  test('a pod that two budgets cover cannot be evicted at all, which is said before anybody decides', async () => {
    await cluster.make(budgets, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'again' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    });
    const refused = await vigie.call('k8s_node', { action: 'drain', node: second });
    expect(refused.status).toBe('failed');
    expect(refused.text).toContain('This pod has more than one PodDisruptionBudget');
    await cluster.call({ method: 'DELETE', path: `${budgets}/again` });
  });

  test('the pods of a namespace that is being deleted go with it', async () => {
    await cluster.make('/api/v1/namespaces', namespaceOf('leaving'));
    const asked = await podThenDeletion();
    const done = await vigie.approve(asked.data['id']);
    expect(done.text).toContain('still there: Pod/held in leaving');
    expect(done.status, done.text).toBe('unverified');
    await vigie.change('k8s_node', { action: 'uncordon', node: second });
  });

  /** Asks for a drain while the namespace stands, and begins its deletion before the answer. */
  async function podThenDeletion() {
    await cluster.make('/api/v1/namespaces/leaving/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'held', finalizers: ['example.com/held'] },
      spec: { nodeName: second, containers: [{ name: 'main', image: 'shop/tool:1' }] },
    });
    // The other pods must have left by then, in their turns.
    const input = { action: 'drain', node: second, force: true, waitSeconds: 40 };
    const asked = await vigie.call('k8s_node', input);
    expect(asked.status, asked.text).toBe('approval_required');
    await cluster.call({ method: 'DELETE', path: '/api/v1/namespaces/leaving' });
    return asked;
  }

  test('a CronJob runs now, its job belongs to it, and its end is waited for', async () => {
    await cluster.make('/apis/batch/v1/namespaces/shop/cronjobs', cronJob('shop/report:ends'));
    const done = await vigie.change('k8s_run_job', { cronJob: 'report', namespace: 'shop', waitSeconds: 60 });
    expect(done.status, done.text).toBe('done');
    const { items } = (await get('/apis/batch/v1/namespaces/shop/jobs')) as unknown as {
      items: JsonObject[];
    };
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      metadata: {
        name: expect.stringMatching(/^report-\w{8}$/),
        annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
        ownerReferences: [{ kind: 'CronJob', name: 'report', controller: true }],
      },
    });
    const asked = await vigie.call('changes_undo', { id: idOf(done) });
    expect((await vigie.approve(asked.data['id'])).status).toBe('done');
    expect((await get('/apis/batch/v1/namespaces/shop/jobs'))['items']).toEqual([]);
  });

  test.each([
    ['shop/report:fails', /failed: .*backoff/i],
    ['shop/report:missing', /ImagePullBackOff/],
  ])('a job of %s is told to fail long before its time is over, and stays for a look', async (image, why) => {
    const manifest = JSON.stringify({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once' },
      spec: {
        backoffLimit: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } },
      },
    });
    const failed = await vigie.change('k8s_run_job', { manifest, namespace: 'shop', waitSeconds: 600 });
    expect(failed.status, failed.text).toBe('failed');
    expect(failed.text).toMatch(why);
    expect(failed.text).toContain('left as it is');
  });

  // Last: the budget counts such a pod as disrupted for two minutes, though nothing became of it.
  test('a pod that was made anew under its name is not evicted in the place of the old one', async () => {
    // A budget that allows none would refuse before anybody looks at the uid.
    await expect
      .poll(async () => (await get(`${budgets}/web`))['status'])
      .toMatchObject({ currentHealthy: 4, disruptionsAllowed: 1 });
    const [name = ''] = [...(await running(first)), ...(await running(second))];
    const evicted = await cluster.call({
      method: 'POST',
      path: `${pods}/${name}/eviction`,
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name },
        deleteOptions: { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } },
      },
    });
    expect(evicted).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect(evicted.body['message']).toMatch(/uid/i);
  });
});

function cronJob(image: string): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'report' },
    spec: {
      schedule: '0 3 1 1 *',
      jobTemplate: {
        metadata: { labels: { part: 'report' } },
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } } },
      },
    },
  };
}
