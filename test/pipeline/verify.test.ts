import { describe, type TestContext, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { CallResult } from '../../src/core/result.ts';
import { type Meddled, startMeddled } from '../hostile/meddler.ts';
import { refusal } from '../support/meddled-wire.ts';
import { allowAgainAndAgain } from '../support/start-vigie.ts';

/* What Vigie says of a change once it is made: healthy and why, or what is in the way. Who waits moves the clock on. */

const deployments = '/apis/apps/v1/namespaces/shop/deployments';
const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };

async function start(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  { hidden = [] }: { hidden?: string[] } = {},
): Promise<Meddled> {
  const running = await startMeddled({
    policy: allowAgainAndAgain,
    world: 'test/fixtures/worlds/faults.yaml',
    hurried: true,
  });
  onTestFinished(() => running.stop());
  if (hidden.length > 0)
    running.meddle({
      before: ({ path, method }) =>
        method === 'GET' && hidden.some(plural => path.includes(`/${plural}?`))
          ? refusal(403, { reason: 'Forbidden', message: 'not yours to see' })
          : undefined,
    });
  return running;
}

function workload(
  kind: string,
  container: JsonObject,
  { name = 'web', namespace = 'shop', replicas = 1 } = {},
) {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', ...container }] },
      },
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
    },
  };
}

function mounting(source: JsonObject) {
  const { spec, ...rest } = workload('Deployment', { image: 'shop/a:1' });
  const volumes = [{ name: 'v', ...source }];
  return {
    ...rest,
    spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, volumes } } },
  };
}

function service(name: string, port: number) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { selector: { app: name }, ports: [{ port, targetPort: port }] },
  };
}

async function apply(
  running: Meddled,
  objects: JsonObject[],
  { waitSeconds = 60 } = {},
): Promise<CallResult> {
  const manifest = objects.map(object => JSON.stringify(object)).join('\n---\n');
  return running.call('k8s_apply', { manifest, waitSeconds });
}

describe('a rollout that cannot succeed fails with its reason and is taken back', {
  concurrent: true,
}, () => {
  test.for<[string, JsonObject[], RegExp]>([
    [
      'containers that end again and again',
      [workload('Deployment', { image: 'shop/needs-key:1' })],
      /Pod\/web-\S+: CrashLoopBackOff in container main: last exit code 1/,
    ],
    [
      'a key that is not in a ConfigMap',
      [
        workload('StatefulSet', {
          image: 'shop/a:1',
          env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'a' } } }],
        }),
      ],
      /Pod\/web-0: CreateContainerConfigError.*configmap "none" not found/,
    ],
    [
      'an image that is not there',
      [workload('DaemonSet', { image: 'shop/gone:1' })],
      /Pod\/web-\S+: (?:ImagePullBackOff|ErrImagePull)/,
    ],
    [
      'a claim that is not there',
      [mounting({ persistentVolumeClaim: { claimName: 'no' } })],
      /"no" not found/,
    ],
    [
      'a ConfigMap to mount that is not there',
      [mounting({ configMap: { name: 'no' } })],
      /configmap "no" not found/,
    ],
    [
      'a Secret to mount that is not there',
      [mounting({ secret: { secretName: 'no' } })],
      /secret "no" not found/,
    ],
    [
      'no node with room',
      [workload('Deployment', { image: 'shop/a:1', resources: { requests: { cpu: '900' } } })],
      /Pod\/web-\S+: Unschedulable.*Insufficient cpu/,
    ],
    [
      'a quota that lets no pod in, which the deployment says',
      [workload('Deployment', { image: 'shop/a:1' }, { namespace: 'other' })],
      /pods cannot be created.*exceeded quota: few/,
    ],
    [
      'a quota that lets no pod in, which only an event says',
      [workload('DaemonSet', { image: 'shop/a:1' }, { namespace: 'other' })],
      /DaemonSet\/web: pods cannot be created: .*exceeded quota: few/,
    ],
  ])('%s', async ([_what, objects, says], context) => {
    const { expect } = context;
    const running = await start(context);
    const before = running.vigie.patience.nowMs();
    const outcome = await apply(running, objects);
    expect(outcome.status, outcome.text).toBe('failed');
    expect(outcome.text).toMatch(says);
    expect(outcome.text).toMatch(/taken back|is gone/);
    // Long before the minute that it was given.
    expect(running.vigie.patience.nowMs() - before).toBeLessThan(45_000);
  });
});

test('a set whose pod crashed before is not taken back for being given more', async context => {
  const { expect } = context;
  const running = await start(context);
  const broken = workload('StatefulSet', { image: 'shop/needs-key:1' });
  await running.admin('POST', '/apis/apps/v1/namespaces/shop/statefulsets?fieldManager=vigie', broken);
  await running.sandbox.advance(1_800_000);
  const more = { ...broken, spec: { ...broken.spec, replicas: 2 } };
  const outcome = await apply(running, [more]);
  expect(outcome.status, outcome.text).toBe('unverified');
  expect(outcome.text).toContain('CrashLoopBackOff');
  expect(outcome.text).not.toMatch(/taken back/);
});

describe('what may pass by itself is waited for', { concurrent: true }, () => {
  test('containers that end until what they need is there', async context => {
    const { expect } = context;
    const running = await start(context);
    const outcome = await apply(running, [
      service('db', 5432),
      workload('Deployment', { image: 'shop/needs-db:1' }),
      workload('Deployment', { image: 'shop/db:1', ports: [{ containerPort: 5432 }] }, { name: 'db' }),
    ]);
    expect(outcome.status, outcome.text).toBe('done');
  });

  test('a probe that fails is told and takes nothing back', async context => {
    const { expect } = context;
    const running = await start(context);
    const readinessProbe = { httpGet: { path: '/', port: 9999 }, periodSeconds: 1 };
    const manifest = JSON.stringify(workload('Deployment', { image: 'shop/a:1', readinessProbe }));
    const said: string[] = [];
    const outcome = await running.call(
      'k8s_apply',
      { manifest, waitSeconds: 6 },
      { progress: line => said.push(line) },
    );
    // Not only at the end.
    expect(said.join('\n')).toMatch(/pods (?:updated|available); Pod\/web-\S+: Unhealthy: Readiness probe/);
    expect(outcome.status, outcome.text).toBe('unverified');
    expect(outcome.text).toMatch(/Pod\/web-\S+: Unhealthy: Readiness probe failed/);
  });
});

describe('what others see of an object counts', { concurrent: true }, () => {
  test('a service has ready endpoints', async context => {
    const { expect } = context;
    const running = await start(context);
    const done = await apply(running, [
      service('web', 8080),
      workload('Deployment', { image: 'shop/a:1' }, { replicas: 2 }),
    ]);
    expect(done.status, done.text).toBe('done');
    expect(done.text).toContain('Service/web: 2 endpoints ready');
  });

  test('a service waits for the pods of its own plan, however long they take to be ready', async context => {
    const { expect } = context;
    const running = await start(context);
    const readinessProbe = { httpGet: { path: '/', port: 8080 }, initialDelaySeconds: 30 };
    const done = await apply(running, [
      service('web', 8080),
      workload('Deployment', { image: 'shop/a:1', ports: [{ containerPort: 8080 }], readinessProbe }),
    ]);
    expect(done.status, done.text).toBe('done');
    expect(done.text).toContain('Service/web: 1 endpoint ready');
  });

  test('a service that selects nothing is reported, and stands', async context => {
    const { expect } = context;
    const running = await start(context);
    const outcome = await apply(running, [service('web', 8080)]);
    expect(outcome.status, outcome.text).toBe('unverified');
    expect(outcome.text).toMatch(/Service\/web: has no endpoints: no pod carries the labels/);
  });

  test('an ingress names the service that is not there', async context => {
    const { expect } = context;
    const running = await start(context);
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { defaultBackend: { service: { name: 'nowhere', port: { number: 80 } } } },
    };
    const outcome = await apply(running, [ingress]);
    expect(outcome.status, outcome.text).toBe('unverified');
    expect(outcome.text).toMatch(/sends traffic to Service\/nowhere, which does not exist/);
  });

  test('a claim waits rightly where its class waits for the first pod', async context => {
    const { expect } = context;
    const running = await start(context);
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'shop' },
      spec: {
        storageClassName: 'late',
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
    };
    const outcome = await apply(running, [claim]);
    expect(outcome.status, outcome.text).toBe('done');
    expect(outcome.text).toContain('waits for the first pod that mounts it');
  });
});

describe('beside that', { concurrent: true }, () => {
  test('a cluster that does not answer for a moment is asked again', async context => {
    const running = await start(context);
    let refused = 0;
    running.meddle({
      before: ({ path, method }) =>
        method === 'GET' &&
        /\/deployments\/web$|watch=1/.test(path) &&
        running.writes().length > 0 &&
        refused++ < 8
          ? refusal(503, { reason: 'ServiceUnavailable', message: 'etcd leader changed' })
          : undefined,
    });
    const outcome = await apply(running, [workload('Deployment', { image: 'shop/a:1' })]);
    context.expect(outcome.status, outcome.text).toBe('done');
    context.expect(refused).toBeGreaterThan(3);
  });

  test('who gives it no time is told that it was healthy too short a time', async context => {
    const running = await start(context);
    const deployment = workload('Deployment', { image: 'shop/a:1' });
    context.expect((await apply(running, [deployment])).status).toBe('done');
    const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
    const outcome = await running.call('k8s_set', { target, image: ['main=shop/b:1'], waitSeconds: 1 });
    context.expect(outcome.status, outcome.text).toBe('unverified');
  });

  test('a pod is judged by the same patience', async context => {
    const running = await start(context);
    const pod = (name: string, container: JsonObject, more: JsonObject = {}) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop' },
      spec: { containers: [{ name: 'main', ...container }], ...more },
    });
    const bad = await apply(running, [pod('bad', { image: 'shop/gone:1' })]);
    context.expect(bad.status, bad.text).toBe('failed');
    context.expect(bad.text).toMatch(/ImagePullBackOff|ErrImagePull/);
    const once = await apply(running, [
      pod('once', { image: 'shop/needs-key:1' }, { restartPolicy: 'Never' }),
    ]);
    context.expect(once.status, once.text).toBe('failed');
    const good = await apply(running, [pod('good', { image: 'shop/a:1' })]);
    context.expect(good.status, good.text).toBe('done');
  });

  test.for<[string, (manifest: JsonObject) => [tool: string, input: object]]>([
    ['a label that is set', () => ['k8s_set', { target: web, labels: ['team=shop'] }]],
    [
      'the same manifest with one more label',
      manifest => [
        'k8s_apply',
        {
          manifest: JSON.stringify({
            ...manifest,
            metadata: { name: 'web', namespace: 'shop', labels: { team: 'shop' } },
          }),
        },
      ],
    ],
  ])('%s on what was broken before is not taken back for it', async ([_what, ask], context) => {
    const running = await start(context);
    const manifest = workload('Deployment', { image: 'shop/gone:1' });
    await running.admin('POST', deployments, manifest);
    const [tool, input] = ask(manifest);
    const outcome = await running.call(tool, { ...input, waitSeconds: 30 });
    context.expect(outcome.status, outcome.text).toBe('unverified');
    const live = await running.admin('GET', `${deployments}/web`);
    context.expect(live).toMatchObject({ metadata: { labels: { team: 'shop' } } });
  });

  test.for([2, 4])(
    '%i instead of 3 pods of a rollout that had run out of time stand',
    async (replicas, context) => {
      const running = await start(context);
      const manifest = workload('Deployment', { image: 'shop/gone:1' }, { replicas: 3 });
      const spec = { ...manifest.spec, progressDeadlineSeconds: 5 };
      await running.admin('POST', deployments, { ...manifest, spec });
      await running.sandbox.advance(10_000);
      const before = await running.admin('GET', `${deployments}/web`);
      context.expect(JSON.stringify(before['status'])).toContain('ProgressDeadlineExceeded');
      const outcome = await running.call('k8s_scale', { target: web, replicas, waitSeconds: 30 });
      context.expect(outcome.status, outcome.text).toBe('unverified');
      const live = await running.admin('GET', `${deployments}/web`);
      context.expect(live).toMatchObject({ spec: { replicas } });
    },
  );

  test.for(['Deployment', 'StatefulSet', 'DaemonSet'])(
    'a quota that once let no pod of a %s in is not blamed for what comes after',
    async (kind, context) => {
      const running = await start(context);
      const plural = `${kind.toLowerCase()}s`;
      const path = `/apis/apps/v1/namespaces/other/${plural}`;
      await running.admin('POST', path, workload(kind, { image: 'shop/a:1' }, { namespace: 'other' }));
      await running.sandbox.advance(5_000);
      const events = await running.admin('GET', '/api/v1/namespaces/other/events');
      context.expect(JSON.stringify(events)).toContain('exceeded quota: few');
      await running.admin('DELETE', '/api/v1/namespaces/other/resourcequotas/few');
      await running.sandbox.advance(1_200_000);
      const target = { kind, name: 'web', namespace: 'other' };
      const outcome = await running.call('k8s_set', {
        target,
        image: ['main=shop/slow:1'],
        waitSeconds: 120,
      });
      context.expect(outcome.status, outcome.text).toBe('done');
    },
  );

  test('a quota that makes room in time is waited for', async context => {
    const running = await start(context);
    const deployment = workload('Deployment', { image: 'shop/a:1' }, { namespace: 'other' });
    let freed = false;
    const outcome = await running.call(
      'k8s_apply',
      { manifest: JSON.stringify(deployment), waitSeconds: 120 },
      {
        progress(line) {
          if (freed || !line.includes('exceeded quota')) return;
          freed = true;
          void running.admin('DELETE', '/api/v1/namespaces/other/resourcequotas/few');
        },
      },
    );
    context.expect(freed).toBe(true);
    context.expect(outcome.status, outcome.text).toBe('done');
  });

  test('objects are watched while they are waited for, and no longer', async context => {
    const running = await start(context);
    const outcome = await apply(running, [workload('Deployment', { image: 'shop/a:1' })]);
    context.expect(outcome.status, outcome.text).toBe('done');
    const watched = running.passed.filter(({ path }) => path.includes('watch=1')).map(({ path }) => path);
    context.expect(watched.some(path => path.includes('/deployments?'))).toBe(true);
    context.expect(watched.some(path => path.includes('/pods?'))).toBe(true);
    await context.expect.poll(() => running.openAnswers()).toBe(0);
  });
});

describe('with partial rights', { concurrent: true }, () => {
  test('a rollout is judged by its own status, and what was not looked at is named', async context => {
    const { expect } = context;
    const running = await start(context, { hidden: ['pods', 'replicasets'] });
    const outcome = await apply(running, [workload('Deployment', { image: 'shop/a:1' })]);
    expect(outcome.status, outcome.text).toBe('done');
    expect(outcome.text).toMatch(/1 pod updated and available/);
    expect(outcome.text).toMatch(/Not checked, since these credentials may not see them: pods, replica sets/);
  });

  test('a service is not called healthy by endpoints that nobody saw', async context => {
    const { expect } = context;
    const running = await start(context, { hidden: ['endpointslices'] });
    const outcome = await apply(running, [service('web', 8080)]);
    expect(outcome.text).toMatch(/Service\/web: exists/);
    expect(outcome.text).toMatch(/Not checked.*endpoint slices/);
  });

  test('room that may come is no verdict where events may not be seen', async context => {
    const { expect } = context;
    const running = await start(context, { hidden: ['events'] });
    const crowded = workload('Deployment', { image: 'shop/a:1', resources: { requests: { cpu: '900' } } });
    const outcome = await apply(running, [crowded], { waitSeconds: 20 });
    expect(outcome.status, outcome.text).toBe('unverified');
    expect(outcome.text).toMatch(/Insufficient cpu/);
    expect(outcome.text).toMatch(/Not checked.*events/);
  });
});
