import { expect, test } from 'vitest';
import { KnownSecrets } from '../../../src/core/known-secrets.ts';
import { Redactor } from '../../../src/core/redaction.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { type Live, worldFrom, worldText } from '../../../src/sandbox/twin/world-from.ts';
import { parseWorld } from '../../../src/sandbox/world.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');

function live(objects: readonly KubeObject[], more: Partial<Live> = {}): Live {
  const known = new KnownSecrets();
  for (const object of objects) known.learnObject(object);
  const redactor = new Redactor(known);
  return {
    name: 'prod',
    serverVersion: 'v1.34.1+k3s1',
    objects,
    unread: new Set(),
    usage: undefined,
    nowMs,
    mask: { object: object => redactor.object(object), json: value => redactor.json(value) },
    ...more,
  };
}

const map = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', uid: name, creationTimestamp: '2026-11-01T12:00:00Z' },
  data,
});

const pod = (name: string, spec: object, more: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', uid: name, ...more },
  spec: { restartPolicy: 'Always', containers: [], ...spec },
  status: { phase: 'Running', conditions: [{ type: 'PodScheduled', status: 'True' }] },
});

test('a world holds five thousand objects, those that pods name before others, and counts what it leaves out', () => {
  const maps = Array.from({ length: 6_000 }, (_, index) => map(`map-${index}`));
  const web = pod('web', { volumes: [{ name: 'a', configMap: { name: 'map-5999' } }] });
  const { world, left } = worldFrom(live([...maps, web]));
  expect(world.objects).toHaveLength(5_000);
  expect(world.objects.some(({ metadata }) => metadata.name === 'map-5999')).toBe(true);
  expect(left.get('ConfigMap: more than a world holds')).toBe(1_001);
});

test('an object of more than a megabyte is left out and counted', () => {
  const { world, left } = worldFrom(live([map('large', { a: 'x'.repeat(1_100_000) }), map('small')]));
  expect(world.objects.map(({ metadata }) => metadata.name)).toEqual(['small']);
  expect([...left.values()]).toEqual([1]);
});

test('a file reads back as the world that was written, whatever names it holds', () => {
  const hostile = [
    'a: b',
    '- x',
    '"',
    "'",
    '\u2028objects: []',
    '\n# c',
    '{}',
    '&a *a',
    '!!js',
    '%TAG',
    '\u0085x',
  ];
  const objects = hostile.map((text, index) => map(`map-${index}`, { [text]: text }));
  const { world } = worldFrom(live([...objects, pod('p', { containers: [{ name: 'a', image: 'a\n: b' }] })]));
  const read = parseWorld(worldText(world, ['Of a\ncluster: {}', 'x']), 'prod');
  expect(read.objects).toEqual(world.objects);
  expect(read).toEqual(world);
});

test('what the cluster added is gone, and what people wrote stays', () => {
  const object = map('a', { key: 'value' });
  object.metadata.annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"old":"demo"}}',
    team: 'web',
  };
  object.metadata.finalizers = ['x/y'];
  const { world } = worldFrom(live([object]));
  expect(world.objects).toEqual([
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'shop', annotations: { team: 'web' } },
      data: { key: 'value' },
    },
  ]);
});

test('tokens, releases and what controllers make are left out and counted', () => {
  const secret = (name: string, type: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: { name, namespace: 'shop' },
    data: { a: 'c2VjcmV0LXZhbHVlLTEyMw==' },
  });
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'x', controller: true };
  const { world, left } = worldFrom(
    live([
      secret('token', 'kubernetes.io/service-account-token'),
      secret('release', 'helm.sh/release.v1'),
      secret('own', 'Opaque'),
      pod('owned', {}, { ownerReferences: [owner] }),
      pod('of-an-operator', {}, { ownerReferences: [{ ...owner, kind: 'Kafka' }] }),
    ]),
  );
  expect(world.objects.map(({ metadata }) => metadata.name).sort()).toEqual(['of-an-operator', 'own']);
  expect(Object.fromEntries(left)).toEqual({
    'Secret: tokens and Helm releases': 2,
    'Pod: made anew by controllers': 1,
  });
  expect(JSON.stringify(world)).not.toContain('c2VjcmV0LXZhbHVlLTEyMw');
});

test('what tools kept of a Secret in its annotations is not copied', () => {
  const kept = Buffer.from('{"stringData":{"password":"correct-horse-battery"}}').toString('base64url');
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 's',
      namespace: 'shop',
      annotations: { 'some.tool/applied': kept },
      labels: { a: 'b' },
    },
    data: { password: Buffer.from('correct-horse-battery').toString('base64') },
  };
  const { world } = worldFrom(live([secret]));
  expect(world.objects[0]?.metadata).toEqual({ name: 's', namespace: 'shop', labels: { a: 'b' } });
});

test('a ConfigMap that repeats a value of a Secret is masked, and an object named like one is left out', () => {
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'shop' },
    data: { password: Buffer.from('correct-horse-battery').toString('base64') },
  };
  const objects = [secret, map('a', { dsn: 'x correct-horse-battery' }), map('correct-horse-battery')];
  const { world, left } = worldFrom(live(objects));
  expect(worldText(world, [])).not.toContain('correct-horse-battery');
  expect(left.get('ConfigMap: its name holds a secret')).toBe(1);
});

test('nodes come with their room, labels and taints; one that is not ready is left out', () => {
  const node = (name: string, ready: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { disk: 'ssd' } },
    spec: {
      podCIDR: '10.1.2.0/24',
      taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule', timeAdded: '2026-01-01T00:00:00Z' }],
    },
    status: {
      allocatable: { cpu: '3900m', memory: '15Gi', pods: '58' },
      addresses: [{ type: 'InternalIP', address: '10.9.8.7' }],
      conditions: [{ type: 'Ready', status: ready }],
    },
  });
  const { world, left } = worldFrom(live([node('a', 'True'), node('b', 'True'), node('c', 'Unknown')]));
  const { nodes } = parseWorld(worldText(world, []), 'prod').cluster;
  expect(nodes.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(nodes[0]).toMatchObject({
    ip: '10.9.8.7',
    podSubnet: '10.1.2',
    cpu: '3900m',
    pods: 58,
    labels: { disk: 'ssd' },
    taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }],
  });
  expect(nodes[1]?.podSubnet).not.toBe('10.1.2');
  expect(left.get('Node: not ready')).toBe(1);
});

test('whatever a cluster says of its containers and nodes, the file can be used', () => {
  const odd = (image: string, status: object, container: object = {}): KubeObject => {
    const made = pod(`p-${image.length}`, { containers: [{ name: 'main', image, ...container }] });
    return { ...made, status: { ...made.status, containerStatuses: [{ name: 'main', ...status }] } };
  };
  const ended = (exitCode: number) => ({
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode, startedAt: 'never', finishedAt: '1970-01-01T00:00:00Z' } },
  });
  const nodes = Array.from({ length: 700 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `n-${index}` },
    status: {
      allocatable: { cpu: 'x', memory: '-1', pods: index % 2 === 0 ? '10k' : '0' },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }));
  const objects = [
    odd('a/windows:1', ended(3_221_225_477)),
    odd('a/negative:1', ended(-1)),
    odd('*', { ready: true, state: { running: {} } }, { resources: { requests: { memory: '9E' } } }),
    odd('', {}),
    odd('a/large', { ready: true, state: { running: {} } }, { resources: { requests: { memory: '9E' } } }),
    ...nodes,
  ];
  const { world, left } = worldFrom(live(objects, { serverVersion: 'of nobody' }));
  const read = parseWorld(worldText(world, []), 'prod');
  expect(read).toEqual(world);
  expect(read.images.map(({ match }) => match)).not.toContain('*');
  expect(read.cluster.nodes).toHaveLength(500);
  expect(new Set(read.cluster.nodes.map(({ podSubnet }) => podSubnet)).size).toBe(500);
  expect(left.get('Node: more than a world holds')).toBe(200);
});

test('a world that no sandbox would take is no file: what is wrong is told before it is written', () => {
  const { world } = worldFrom(live([]));
  const [node] = world.cluster.nodes;
  const broken = {
    ...world,
    cluster: { ...world.cluster, nodes: node === undefined ? [] : [{ ...node, pods: 0 }] },
  };
  expect(() => worldText(broken, [])).toThrow('cluster.nodes.0.pods');
});

test('an earlier template is kept while it has pods, masked, until when the next one began', () => {
  const template = (value: string) => ({
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'web:1', env: [{ name: 'MODE', value }] }] },
  });
  const selector = { matchLabels: { app: 'web' } };
  const workload = (kind: string, name: string, more: object): KubeObject => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop', uid: name },
    ...more,
  });
  const set = (name: string, { revision, value, replicas, created }: Record<string, string>): KubeObject => ({
    ...workload('ReplicaSet', name, {
      spec: { selector, template: template(value ?? '') },
      status: { replicas: Number(replicas) },
    }),
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      creationTimestamp: `2026-11-21T${created}:00Z`,
      annotations: { 'deployment.kubernetes.io/revision': revision ?? '' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'web', controller: true },
      ],
    },
  });
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'shop' },
    data: { password: Buffer.from('correct-horse-battery').toString('base64') },
  };
  const { world } = worldFrom(
    live([
      secret,
      workload('Deployment', 'web', { spec: { selector, template: template('now') } }),
      set('gone', { revision: '1', value: 'gone', replicas: '0', created: '01:00' }),
      set('oldest', { revision: '2', value: 'x correct-horse-battery', replicas: '2', created: '02:00' }),
      set('old', { revision: '3', value: 'old', replicas: '1', created: '08:00' }),
      set('newest', { revision: '4', value: 'now', replicas: '1', created: '11:00' }),
    ]),
  );
  expect(world.earlier.map(each => each.untilHoursAgo)).toEqual([4, 1]);
  const text = worldText(world, []);
  expect(parseWorld(text, 'prod').earlier).toEqual(world.earlier);
  expect(text).not.toContain('correct-horse-battery');
  expect(JSON.stringify(world.earlier)).toMatch(/MODE.*MODE.*"old"/);
  expect(JSON.stringify(world.earlier)).not.toContain('gone');
});

test('of a cluster older than any sandbox the twin is of the newest version, and says so', () => {
  const { world, invented } = worldFrom(live([], { serverVersion: 'v1.20.9' }));
  expect(world.cluster.serverVersion).toBe('v1.36.2');
  expect([...invented.keys()].join()).toContain('older than v1.28');
});
