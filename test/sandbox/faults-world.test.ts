import { afterAll, beforeAll, expect, test } from 'vitest';
import { ofKind } from '../../src/kubernetes/kinds.ts';
import { summarizePod } from '../../src/kubernetes/pod-summary.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { send } from '../support/sandbox-client.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ world: await loadWorld('faults') });
  await sandbox.settled();
});
afterAll(() => sandbox.close());

const pods = () => ofKind(sandbox.cluster.state.list('/pods', 'ward/'), 'Pod');
const nameOf = (pod: { metadata: { labels?: Record<string, string>; name: string } }): string =>
  pod.metadata.labels?.['app'] ?? pod.metadata.name.replace(/-[a-z0-9]{5}$/, '');
const states = (): Record<string, string> =>
  Object.fromEntries(pods().map(pod => [nameOf(pod), summarizePod(pod).status]));

test('each workload of the world shows the fault that its name says', () => {
  expect(states()).toEqual({
    'claim-missing': 'Pending',
    command: 'CrashLoopBackOff',
    'config-missing': 'CreateContainerConfigError',
    'cpu-request': 'Pending',
    database: 'Running',
    'env-missing': 'CrashLoopBackOff',
    healthy: 'Running',
    'image-name': 'InvalidImageName',
    'image-never': 'ErrImageNeverPull',
    'image-secret': 'ImagePullBackOff',
    'image-tag': 'ImagePullBackOff',
    'job-failed': 'Error',
    ledger: 'Running',
    // Between two kills it runs, and nothing says that it is not ready.
    'liveness-port': expect.stringMatching(/^(Running|CrashLoopBackOff)$/),
    'memory-limit': 'CrashLoopBackOff',
    'node-selector': 'Pending',
    'peer-host': 'CrashLoopBackOff',
    'peer-init': 'Init:CrashLoopBackOff',
    'peer-unready': 'Running',
    'program-broken': 'CrashLoopBackOff',
    'readiness-path': 'Running',
    'secret-key': 'CreateContainerConfigError',
    'startup-slow': 'CrashLoopBackOff',
    'volume-missing': 'ContainerCreating',
  });
  const ready = pods().filter(pod => summarizePod(pod).ready > 0);
  expect(new Set(ready.map(nameOf).filter(name => name !== 'liveness-port'))).toEqual(
    new Set(['database', 'healthy', 'ledger']),
  );
});

test('every pod that a kubelet cannot keep well has told why within the last hour', () => {
  const told = new Set(
    ofKind(sandbox.cluster.state.list('/events', 'ward/'), 'Event').map(each => each.involvedObject.uid),
  );
  const unwell = pods().filter(pod => pod.status?.startTime !== undefined && pod.status.phase !== 'Failed');
  const silent = unwell.filter(pod => summarizePod(pod).ready === 0 && !told.has(pod.metadata.uid));
  expect(unwell.length).toBeGreaterThan(15);
  expect(silent.map(nameOf)).toEqual([]);
});

test('every pod without a node has been told why within the last hour, and goes on being told', async () => {
  const told = (): Record<string, number> =>
    Object.fromEntries(
      ofKind(sandbox.cluster.state.list('/events', 'ward/'), 'Event')
        .filter(each => each.reason === 'FailedScheduling')
        .map(each => [(each.involvedObject.name ?? '').split('-').slice(0, 2).join('-'), each.count ?? 0]),
    );
  const before = told();
  expect(Object.keys(before).sort()).toEqual(['claim-missing', 'cpu-request', 'node-selector']);
  await sandbox.advance(601_000);
  for (const [name, count] of Object.entries(told())) expect(count - (before[name] ?? 0), name).toBe(2);
});

test.each([
  ['env-missing', 'web', 'the environment variable API_KEY is not set'],
  ['peer-host', 'web', 'dial tcp: lookup databse.ward.svc: no such host'],
  // Its service is there, with nothing behind it.
  ['peer-init', 'migrate', 'cannot reach ledger.ward:8080'],
])('the log of %s says why its %s died, whatever was mended since', async (name, container, words) => {
  const pod = pods().find(each => nameOf(each) === name);
  const path = `/api/v1/namespaces/ward/pods/${pod?.metadata.name}/log?container=${container}`;
  expect((await send(sandbox, { path })).text).toContain(words);
  expect((await send(sandbox, { path: `${path}&previous=true` })).text).toContain(words);
});

test('the right mending heals: pods that wait go on, others are replaced by those of the rollout', async () => {
  const in_ = (plural: string, group = 'api/v1'): string => `/${group}/namespaces/ward/${plural}`;
  const create = (plural: string, body: object): Promise<unknown> =>
    send(sandbox, { method: 'POST', path: in_(plural), body });
  const patch = (path: string, body: object): Promise<unknown> =>
    send(sandbox, {
      method: 'PATCH',
      path,
      body,
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    });
  const deployment = (name: string, container: object): Promise<unknown> =>
    patch(`${in_('deployments', 'apis/apps/v1')}/${name}`, {
      spec: { template: { spec: { containers: [{ name: 'web', ...container }] } } },
    });
  const before = new Map(pods().map(pod => [nameOf(pod), pod.metadata.name]));
  await create('configmaps', { metadata: { name: 'flags' }, data: { DARK: 'yes' } });
  await create('secrets', { metadata: { name: 'certificate' }, data: {} });
  await create('secrets', {
    metadata: { name: 'registry' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': 'e30=' },
  });
  await patch(`${in_('secrets')}/keys`, { stringData: { 'api-key': 'demo-only-key' } });
  await patch(`${in_('services')}/ledger`, { spec: { selector: { app: 'ledger' } } });
  await deployment('image-tag', { image: 'clinic/web:1' });
  await deployment('env-missing', { env: [{ name: 'API_KEY', value: 'demo-only-key' }] });
  await deployment('memory-limit', { resources: { limits: { memory: '512Mi' } } });
  await deployment('command', { command: ['server'] });
  await deployment('peer-host', {
    env: [{ name: 'DATABASE_URL', value: 'postgres://database.ward.svc:5432/ward' }],
  });
  await deployment('liveness-port', { livenessProbe: { httpGet: { path: '/healthz', port: 8080 } } });
  await deployment('readiness-path', { readinessProbe: { httpGet: { path: '/healthz', port: 8080 } } });
  await deployment('startup-slow', { startupProbe: { failureThreshold: 12 } });
  // The longest back-off, and the slowest start.
  await sandbox.advance(420_000);
  const well = new Set(
    pods()
      .filter(pod => summarizePod(pod).ready === pod.spec.containers.length)
      .map(nameOf),
  );
  const untouched = [
    'config-missing',
    'volume-missing',
    'image-secret',
    'secret-key',
    'peer-unready',
    'peer-init',
  ];
  const replaced = [
    'image-tag',
    'env-missing',
    'memory-limit',
    'command',
    'peer-host',
    'liveness-port',
    'readiness-path',
    'startup-slow',
  ];
  expect([...untouched, ...replaced].filter(name => !well.has(name))).toEqual([]);
  const names = new Set(pods().map(pod => pod.metadata.name));
  expect(untouched.filter(name => !names.has(before.get(name) ?? ''))).toEqual([]);
  expect(replaced.filter(name => names.has(before.get(name) ?? ''))).toEqual([]);
});
