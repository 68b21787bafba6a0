import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isObject, type Json, type JsonObject, plainText } from '../../src/core/json.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import { askServer } from './support/ask-server.ts';
import { type Cluster, describeOnCluster, startCluster, untilFurnished } from './support/on-cluster.ts';

// What controllers and the scheduler say of workloads that cannot be as they should: the sandbox's against the real ones.

const world = `
cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: stand-in-1, ip: 10.0.0.1, podSubnet: 10.42.0, cpu: "64", memory: 256Gi}]}
missing: ['*:missing']
objects: []
`;
const core = '/api/v1/namespaces/wrong';
const apps = '/apis/apps/v1/namespaces/wrong';
const batch = '/apis/batch/v1/namespaces/wrong';
const policy = '/apis/policy/v1/namespaces/wrong/poddisruptionbudgets';
// Longer than the slowest of the real controllers takes on a busy machine.
const settleMs = 60_000;

function pod(more: JsonObject = {}, requests: JsonObject = {}): JsonObject {
  return { containers: [{ name: 'c', image: 'x:1', resources: { requests } }], ...more };
}

function workload(name: string, spec: JsonObject): JsonObject {
  const { template = pod(), ...more } = spec;
  return {
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: template },
      ...more,
    },
  };
}

describeOnCluster('what is said of workloads that go wrong', binaries => {
  let cluster: Cluster;
  let sandbox: Sandbox;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    sandbox = await startSandbox({ world: parseWorld(world, 'wrong') });
    await both('POST', '/api/v1/namespaces', { metadata: { name: 'wrong' } });
    await untilFurnished(cluster.call, 'wrong');
  });
  afterAll(async () => {
    await sandbox.close();
    await cluster.stop();
  });

  async function both(method: string, path: string, body?: JsonObject): Promise<void> {
    const asked = { name: path, method, path, ...(body === undefined ? {} : { body }) };
    const answers = await Promise.all([askServer(cluster, asked), askServer(sandbox, asked)]);
    expect(answers[1].status).toEqual(answers[0].status);
  }

  /** Reads one place of both until they say the same, and what the life comes to is said. */
  async function alike(
    path: string,
    { pick, until }: { pick: (body: Json | undefined) => Json; until: string },
  ): Promise<void> {
    const asked = { name: path, method: 'GET', path };
    for (const end = Date.now() + settleMs; ; await sleep(250)) {
      const answers = await Promise.all([askServer(cluster, asked), askServer(sandbox, asked)]);
      const [real, simulated] = answers.map(answer => pick(bodyOf(answer)));
      const said = JSON.stringify(real);
      if (said === JSON.stringify(simulated) && said.includes(until)) return;
      if (Date.now() > end) {
        expect(said).toContain(until);
        return expect(simulated).toEqual(real);
      }
    }
  }

  const statusOf = (body: Json | undefined): Json => plain(isObject(body) ? body['status'] : undefined);

  test.each<
    [what: string, path: string, name: string, until: { status: string; event: string }, body: JsonObject]
  >([
    [
      'a pod that asks for too much',
      `${core}/pods`,
      'large',
      { status: 'Insufficient cpu', event: 'FailedScheduling' },
      { metadata: { name: 'large' }, spec: pod({}, { cpu: '100' }) },
    ],
    [
      'a pod for a node that there is not',
      `${core}/pods`,
      'choosy',
      { status: 'node affinity/selector', event: 'FailedScheduling' },
      { metadata: { name: 'choosy' }, spec: pod({ nodeSelector: { disk: 'ssd' } }) },
    ],
    [
      'a pod behind a gate',
      `${core}/pods`,
      'gated',
      { status: 'SchedulingGated', event: '' },
      { metadata: { name: 'gated' }, spec: pod({ schedulingGates: [{ name: 'example.com/wait' }] }) },
    ],
    [
      'a pod without its claim',
      `${core}/pods`,
      'claiming',
      { status: 'not found', event: 'FailedScheduling' },
      {
        metadata: { name: 'claiming' },
        spec: pod({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'none' } }] }),
      },
    ],
    [
      'a suspended job',
      `${batch}/jobs`,
      'later',
      { status: 'JobSuspended', event: 'Suspended' },
      {
        metadata: { name: 'later' },
        spec: { suspend: true, template: { spec: pod({ restartPolicy: 'Never' }) } },
      },
    ],
    [
      'a job past its deadline',
      `${batch}/jobs`,
      'late',
      { status: '"Failed"', event: 'DeadlineExceeded' },
      {
        metadata: { name: 'late' },
        spec: {
          activeDeadlineSeconds: 2,
          template: { spec: pod({ restartPolicy: 'Never', nodeSelector: { disk: 'ssd' } }) },
        },
      },
    ],
    [
      'a daemon set without a node',
      `${apps}/daemonsets`,
      'nowhere',
      { status: 'desiredNumberScheduled', event: '' },
      workload('nowhere', { template: pod({ nodeSelector: { disk: 'ssd' } }) }),
    ],
    [
      'a budget of no pods',
      policy,
      'nobody',
      { status: 'InsufficientPods', event: 'NoPods' },
      {
        metadata: { name: 'nobody' },
        spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'nobody' } } },
      },
    ],
    [
      'a claim that nobody can serve',
      `${core}/persistentvolumeclaims`,
      'unserved',
      { status: 'Pending', event: 'ProvisioningFailed' },
      {
        metadata: { name: 'unserved' },
        spec: {
          storageClassName: 'nonesuch',
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
        },
      },
    ],
  ])('%s', async (_what, path, name, until, body) => {
    await both('POST', path, body);
    await alike(`${path}/${name}`, { pick: statusOf, until: until.status });
    await alike(`${core}/events?fieldSelector=involvedObject.name%3D${name}`, {
      pick: eventsOf,
      until: until.event,
    });
  });

  test('a deployment, a stateful set and a job whose pods a quota refuses', async () => {
    await both('POST', `${core}/resourcequotas`, {
      metadata: { name: 'q' },
      spec: { hard: { 'requests.cpu': '1' } },
    });
    // A quota whose use nobody has counted yet refuses every pod.
    await alike(`${core}/resourcequotas/q`, { pick: statusOf, until: 'used' });
    await both(
      'POST',
      `${apps}/deployments`,
      workload('partly', { replicas: 3, template: pod({}, { cpu: '400m' }) }),
    );
    await both('POST', `${apps}/statefulsets`, workload('not-at-all', { serviceName: 's' }));
    await both('POST', `${batch}/jobs`, {
      metadata: { name: 'never' },
      spec: { template: { spec: pod({ restartPolicy: 'Never' }) } },
    });
    await alike(`${apps}/deployments/partly`, { pick: statusOf, until: 'ReplicaFailure' });
    await alike(`${apps}/statefulsets/not-at-all`, { pick: statusOf, until: 'collisionCount' });
    await alike(`${batch}/jobs/never`, { pick: statusOf, until: 'startTime' });
    await alike(`${core}/events?fieldSelector=involvedObject.name%3Dnot-at-all`, {
      pick: eventsOf,
      until: 'FailedCreate',
    });
    await both('DELETE', `${core}/resourcequotas/q`);
  });

  test('a stateful set whose new template never gets ready, mended too late', async () => {
    const merge = { 'content-type': 'application/merge-patch+json' };
    const patch = async (image: string) => {
      const body = { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } };
      const asked = {
        name: image,
        method: 'PATCH',
        path: `${apps}/statefulsets/stuck`,
        headers: merge,
        body,
      };
      await Promise.all([askServer(cluster, asked), askServer(sandbox, asked)]);
    };
    const counts = (body: Json | undefined): Json => {
      const status = isObject(body) && isObject(body['status']) ? body['status'] : {};
      return [status['replicas'] ?? 0, status['updatedReplicas'] ?? 0, status['currentReplicas'] ?? 0];
    };
    await both('POST', `${apps}/statefulsets`, workload('stuck', { replicas: 2, serviceName: 's' }));
    await alike(`${apps}/statefulsets/stuck`, { pick: statusOf, until: '"availableReplicas":2' });
    await patch('x:missing');
    await alike(`${apps}/statefulsets/stuck`, { pick: counts, until: '[2,1,1]' });
    await patch('x:3');
    await alike(`${apps}/statefulsets/stuck`, { pick: counts, until: '[2,0,1]' });
  });
});

function bodyOf(answer: JsonObject): Json | undefined {
  const { body, text } = answer;
  return body ?? (typeof text === 'string' ? (JSON.parse(text) as Json) : undefined);
}

/** What is told, each text once: how often differs with how often somebody looks. */
function eventsOf(body: Json | undefined): Json {
  const items = isObject(body) && Array.isArray(body['items']) ? body['items'].filter(isObject) : [];
  const texts = items.map(({ type, reason, message }) =>
    withoutDrawn([type, reason, message].map(plainText).join(' ')),
  );
  return [...new Set(texts)].sort();
}

const uncounted = new Set([
  'terminatingReplicas',
  'observedGeneration',
  'currentRevision',
  'updateRevision',
  'currentMetrics',
]);

function plain(value: Json | undefined): Json {
  if (typeof value === 'string') return withoutDrawn(value);
  if (Array.isArray(value)) {
    const items = value.map(plain);
    return items.every(isObject)
      ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : items;
  }
  if (!isObject(value)) return value ?? null;
  const members = Object.entries(value).filter(([key]) => !uncounted.has(key));
  return Object.fromEntries(
    members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, plain(item)]),
  );
}

function withoutDrawn(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b(partly|never|late)-[a-z0-9]{5,10}(-[a-z0-9]{5})?\b/g, '$1-DRAWN');
}
