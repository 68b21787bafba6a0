import { afterEach, beforeEach, expect, test } from 'vitest';
import { isObject, type JsonObject, plainText } from '../../src/core/json.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { type Answer, send, startShop } from '../support/sandbox-client.ts';

// What controllers do and say when admission takes only some of their pods, or none: as in Kubernetes 1.36.2.

const core = '/api/v1/namespaces/shop';
const apps = '/apis/apps/v1/namespaces/shop';
const batch = '/apis/batch/v1/namespaces/shop';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startShop();
  const hard = { 'requests.cpu': '1' };
  await post(`${core}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard } });
  await sandbox.settled();
});
afterEach(() => sandbox.close());

const post = (path: string, body: unknown): Promise<Answer> => send(sandbox, { method: 'POST', path, body });

async function made(path: string, body: JsonObject): Promise<void> {
  expect((await post(path, body)).status).toBe(201);
  await sandbox.advance(5_000);
}

function workload(more: JsonObject = {}, requests: JsonObject = {}): JsonObject {
  const containers = [{ name: 'c', image: 'x:1', resources: { requests } }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
  return {
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, template, ...more },
  };
}

async function read(path: string): Promise<JsonObject> {
  return (await send(sandbox, { path })).body;
}

async function told(kind: string): Promise<string[]> {
  const { items } = await read(`${core}/events`);
  return (Array.isArray(items) ? items.filter(isObject) : []).flatMap(
    ({ reason, message, involvedObject: about }) =>
      isObject(about) && about['kind'] === kind ? [`${plainText(reason)}: ${plainText(message)}`] : [],
  );
}

test('a deployment shows that its quota takes only some of its pods, and is whole when there is room', async () => {
  await made(`${apps}/deployments`, workload({ replicas: 3 }, { cpu: '400m' }));
  const why = expect.stringMatching(
    /^pods "web-\w+-\w{5}" is forbidden: exceeded quota: q, requested: requests.cpu=400m, used: requests.cpu=800m, limited: requests.cpu=1$/,
  );
  const failure = expect.objectContaining({
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: why,
  });
  expect(await read(`${apps}/deployments/web`)).toMatchObject({
    status: {
      replicas: 2,
      readyReplicas: 2,
      unavailableReplicas: 1,
      conditions: expect.arrayContaining([failure]),
    },
  });
  expect(await told('ReplicaSet')).toContainEqual(
    expect.stringMatching(/^FailedCreate: Error creating: pods "web-/),
  );
  await send(sandbox, { method: 'DELETE', path: `${core}/resourcequotas/q` });
  // The set tries again by itself: nothing tells it of the room.
  await sandbox.advance(60_000);
  const { status } = await read(`${apps}/deployments/web`);
  expect(status).toMatchObject({ readyReplicas: 3 });
  expect(JSON.stringify(status)).not.toContain('ReplicaFailure');
});

test('a deployment none of whose pods are taken runs out of time', async () => {
  await made(`${apps}/deployments`, workload({ replicas: 2, progressDeadlineSeconds: 60 }));
  const progressing = async () => {
    const { status } = await read(`${apps}/deployments/web`);
    const conditions =
      isObject(status) && Array.isArray(status['conditions']) ? status['conditions'].filter(isObject) : [];
    return conditions.find(condition => condition['type'] === 'Progressing')?.['reason'];
  };
  expect(await progressing()).toBe('NewReplicaSetCreated');
  await sandbox.advance(52_000);
  expect(await progressing()).toBe('NewReplicaSetCreated');
  await sandbox.advance(4_000);
  expect(await progressing()).toBe('ProgressDeadlineExceeded');
});

test.each<[kind: string, path: string, body: JsonObject, said: RegExp]>([
  [
    'StatefulSet',
    `${apps}/statefulsets`,
    workload({ serviceName: 'web' }),
    /^FailedCreate: Create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: failed quota: q: must specify requests.cpu for: c$/,
  ],
  [
    'DaemonSet',
    `${apps}/daemonsets`,
    workload(),
    /^FailedCreate: Error creating: pods "web-\w{5}" is forbidden: failed quota: q: /,
  ],
  [
    'Job',
    `${batch}/jobs`,
    {
      metadata: { name: 'web' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } } },
    },
    /^FailedCreate: Error creating: pods "web-\w{5}" is forbidden: failed quota: q: /,
  ],
])(
  'a %s tells that its pods are refused and tries again less and less often',
  async (kind, path, body, said) => {
    await made(path, body);
    const first = (await told(kind)).filter(text => said.test(text));
    expect(first.length).toBeGreaterThan(0);
    await sandbox.advance(3_600_000);
    // An hour of doubled waits, for as many nodes as there are: not an attempt a second.
    expect((await told(kind)).length).toBeLessThan(100);
  },
);

test('a cron job tells that its job is refused', async () => {
  const hard = { 'count/jobs.batch': '0' };
  await post(`${core}/resourcequotas`, { metadata: { name: 'no-jobs' }, spec: { hard } });
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } };
  await made(`${batch}/cronjobs`, {
    metadata: { name: 'tick' },
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } },
  });
  await sandbox.advance(61_000);
  expect(await told('CronJob')).toContainEqual(
    expect.stringMatching(
      /^FailedCreate: Error creating job: jobs.batch "tick-\d+" is forbidden: exceeded quota: no-jobs, /,
    ),
  );
});
