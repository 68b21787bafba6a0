import { afterEach, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { isTelling } from '../../src/core/telling-values.ts';
import { ofKind } from '../../src/kubernetes/kinds.ts';
import { summarizePod } from '../../src/kubernetes/pod-summary.ts';
import { gatherTwin } from '../../src/pipeline/gather-twin.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { worldText } from '../../src/sandbox/twin/world-from.ts';
import { loadWorld, parseWorld } from '../../src/sandbox/world.ts';
import { type MeddledWire, startMeddledWire } from '../support/meddled-wire.ts';
import { startVigie, type TestVigie } from '../support/start-vigie.ts';

let live: TestVigie | undefined;
let twin: Sandbox | undefined;
let wire: MeddledWire | undefined;

afterEach(async () => {
  await twin?.close();
  await live?.stop();
  await wire?.close();
  wire = undefined;
  twin = undefined;
  live = undefined;
});

/** The twin of a world that has run for a while, from a file as it is written. */
async function twinOf(
  world: string,
  { namespaces, aheadMs }: { namespaces?: string[]; aheadMs?: number } = {},
) {
  live = await startVigie({ world, everywhere: true });
  await live.sandbox.settled();
  if (aheadMs !== undefined) await live.sandbox.advance(aheadMs);
  const { signal } = new AbortController();
  const gathered = await gatherTwin(live.vigie, {
    environment: 'test',
    signal,
    ...(namespaces === undefined ? {} : { namespaces }),
  });
  const text = worldText(gathered.world, ['A twin.']);
  twin = await startSandbox({ world: parseWorld(text, 'twin') });
  await twin.settled();
  await twin.advance(600_000);
  return { gathered, text, live, twin };
}

/** How the workloads of a cluster fare: by their pods, whose names differ. */
function fates(sandbox: Sandbox): Record<string, string> {
  const found = new Map<string, Set<string>>();
  for (const pod of ofKind(sandbox.cluster.state.all(), 'Pod')) {
    const [owner] = pod.metadata.ownerReferences ?? [];
    const key = `${pod.metadata.namespace}/${(owner?.name ?? pod.metadata.name).replace(/-([a-z0-9]{9,10}|\d{8})$/, '')}`;
    const { ready, containers, status, restarts } = summarizePod(pod);
    // Between two tries it is one of the two, and of a loop whatever it is in.
    const fate = restarts > 5 ? 'again and again' : status.replace('ErrImagePull', 'ImagePullBackOff');
    const fates = found.get(key) ?? new Set();
    // A run of a CronJob is on its way or over, as the minute has it.
    const well = status === 'Completed' || (fate === status && ready === containers);
    found.set(key, fates.add(well ? 'well' : fate));
  }
  return Object.fromEntries([...found].map(([key, set]) => [key, [...set].sort().join(' ')]));
}

test('the twin of the shop has the same workloads, as well as the shop has them', async () => {
  const { live, twin, gathered } = await twinOf('shop');
  expect(fates(twin)).toEqual(fates(live.sandbox));
  expect(gathered.unread).toEqual([]);
  expect(gathered.unlike).toEqual([]);
});

test('the twin of a ward has the same patients', async () => {
  const { live, twin, gathered } = await twinOf('faults');
  expect(gathered.unlike).toEqual([]);
  expect(fates(twin)).toEqual(fates(live.sandbox));
});

test('how old a cluster is, and what goes wrong in it again and again, is told by its own time', async () => {
  const { live, twin, gathered } = await twinOf('faults', { aheadMs: 2 * 3_600_000 });
  expect(gathered.world.cluster.ageDays).toBeCloseTo(0.183, 2);
  expect(gathered.unlike).toEqual([]);
  expect(fates(twin)).toEqual(fates(live.sandbox));
});

test('no value of a Secret is in the file, in any spelling, and every key is', async () => {
  const { live, twin, text } = await twinOf('shop');
  const secrets = ofKind(live.sandbox.cluster.state.all(), 'Secret').filter(
    ({ type }) => !/service-account-token|helm/.test(type ?? ''),
  );
  expect(secrets.length).toBeGreaterThan(1);
  for (const { metadata, data = {} } of secrets) {
    const copy = ofKind(twin.cluster.state.all(), 'Secret').find(
      each => each.metadata.name === metadata.name && each.metadata.namespace === metadata.namespace,
    );
    expect(Object.keys(copy?.data ?? {})).toEqual(Object.keys(data));
    for (const [key, encoded] of Object.entries(data)) {
      const plain = Buffer.from(encoded, 'base64').toString();
      expect(copy?.data?.[key]).not.toBe(encoded);
      if (!isTelling(key, plain)) continue;
      expect(text).not.toContain(plain);
      expect(text).not.toContain(encoded);
    }
  }
});

test('what is narrowed to a namespace has nothing of another', async () => {
  const { twin } = await twinOf('shop', { namespaces: ['shop'] });
  const places = new Set(ofKind(twin.cluster.state.all(), 'Deployment').map(each => each.metadata.namespace));
  expect([...places]).toEqual(['shop']);
  expect(fates(twin)['shop/api']).toBe('well');
});

/** An account that may read what it is told in the namespace shop, and nothing else. */
async function asReader(sandbox: Sandbox, rules: string): Promise<string> {
  const { url, token } = sandbox;
  const post = async (path: string, body: string) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBeLessThan(300);
    return response.json() as Promise<{ status?: { token?: string } }>;
  };
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop';
  await post('/api/v1/namespaces/shop/serviceaccounts', '{"metadata":{"name":"reader"}}');
  await post(`${rbac}/roles`, `{"metadata":{"name":"reader"},"rules":${rules}}`);
  await post(
    `${rbac}/rolebindings`,
    '{"metadata":{"name":"reader"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"reader"},"subjects":[{"kind":"ServiceAccount","name":"reader","namespace":"shop"}]}',
  );
  const made = await post(
    '/api/v1/namespaces/shop/serviceaccounts/reader/token',
    '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}',
  );
  return sandbox.kubeconfig(made.status?.token);
}

test('an account that sees one namespace and no Secret gets a twin that runs, and hears what was not read', async () => {
  live = await startVigie({
    world: 'shop',
    kubeconfig: sandbox =>
      asReader(
        sandbox,
        '[{"apiGroups":["","apps","metrics.k8s.io"],"resources":["pods","deployments","statefulsets","services","configmaps","persistentvolumeclaims"],"verbs":["list"]}]',
      ),
  });
  const { signal } = new AbortController();
  const { world, unread, invented } = await gatherTwin(live.vigie, {
    environment: 'test',
    namespaces: ['shop'],
    signal,
  });
  expect(unread).toEqual(
    expect.arrayContaining([
      { kind: 'Secret', why: 'FORBIDDEN' },
      { kind: 'Node', why: 'FORBIDDEN' },
    ]),
  );
  const { nodes } = world.cluster;
  expect(invented.get('Node: those on which pods run, each large')).toBe(nodes.length);
  expect(invented.get('Secret: named by what runs')).toBeGreaterThan(0);
  twin = await startSandbox({ world: parseWorld(worldText(world, []), 'twin') });
  await twin.settled();
  await twin.advance(600_000);
  const here = fates(live.sandbox);
  for (const [key, fate] of Object.entries(fates(twin))) expect([key, fate]).toEqual([key, here[key]]);
  expect(fates(twin)['shop/api']).toBe('well');
  expect(fates(twin)['shop/postgres']).toBe('well');
});

test('a rollout that is stuck is as stuck in the twin: the old pods serve, and it can be taken back', async () => {
  live = await startVigie({ world: 'shop', everywhere: true });
  await live.sandbox.settled();
  const { url, token } = live.sandbox;
  const response = await fetch(`${url}/apis/apps/v1/namespaces/shop/deployments/cart`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/strategic-merge-patch+json',
    },
    body: '{"spec":{"template":{"spec":{"containers":[{"name":"cart","image":"acme/cart:does-not-exist","env":[{"name":"API_PASSWORD","value":"hunter2-of-the-new"}]}]}}}}',
  });
  expect(response.status).toBe(200);
  await live.sandbox.advance(600_000);
  expect(fates(live.sandbox)['shop/cart']).toBe('ImagePullBackOff well');
  const { signal } = new AbortController();
  const { world, invented } = await gatherTwin(live.vigie, { environment: 'test', signal });
  expect(invented.size).toBe(0);
  expect(world.earlier).toHaveLength(1);
  expect(world.earlier[0]?.untilHoursAgo).toBeCloseTo(1 / 6, 1);
  twin = await startSandbox({ world: parseWorld(worldText(world, []), 'twin') });
  await twin.settled();
  expect(fates(twin)).toEqual(fates(live.sandbox));
  const of = (sandbox: Sandbox) =>
    ofKind(sandbox.cluster.state.all(), 'Deployment').find(({ metadata }) => metadata.name === 'cart');
  expect(of(twin)?.status?.readyReplicas).toBe(of(live.sandbox)?.status?.readyReplicas);
  const sets = ofKind(twin.cluster.state.all(), 'ReplicaSet').filter(({ metadata }) =>
    metadata.name.startsWith('cart-'),
  );
  const images = sets.map(({ spec }) => spec.template.spec.containers[0]?.image);
  expect(images).toContain('acme/cart:does-not-exist');
  expect(images).toContainEqual(expect.stringMatching(/^acme\/cart:\d/));
});

test('a namespace that is not there makes no twin', async () => {
  live = await startVigie({ world: 'shop', everywhere: true });
  const { signal } = new AbortController();
  const asked = { environment: 'test', namespaces: ['shop', 'nsx'], signal };
  await expect(gatherTwin(live.vigie, asked)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a namespace outside of the environment is refused', async () => {
  live = await startVigie({});
  const { signal } = new AbortController();
  const asked = { environment: 'test', namespaces: ['kube-system'], signal };
  await expect(gatherTwin(live.vigie, asked)).rejects.toMatchObject({ code: 'OUT_OF_BOUNDS' });
});

test('what deceives an eye stands in the file by its number, and is in the twin as it was', async () => {
  const hidden = 'a\u202eb\u001b\u2066c\u{e0041}\u200b\u0085\u2028\nd';
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', namespace: 'shop' },
    data: { hidden: `${hidden}\t` },
  };
  const world = { ...(await loadWorld('shop')), objects: [object] };
  const text = worldText(world, [`from ${hidden}`]);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(parseWorld(text, 'plain').objects).toEqual([object]);
});

test('a cluster of endless megabytes is read as far as there is room, and what came after is named', async () => {
  let pages = 0;
  const page = (): JsonObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMapList',
    // In the end it has one, so that whoever reads on is told from one that stops.
    metadata: { resourceVersion: '1', ...(++pages < 12 ? { continue: `c${pages}` } : {}) },
    items: Array.from({ length: 40 }, (_, index) => ({
      metadata: { name: `c-${pages}-${index}`, namespace: 'shop', uid: `u-${pages}-${index}` },
      data: { text: 'x y '.repeat(250_000) },
    })),
  });
  live = await startVigie({
    kubeconfig: async sandbox => {
      wire = await startMeddledWire(sandbox);
      wire.meddle({ before: ({ path }) => (path.includes('/configmaps?') ? { body: page() } : undefined) });
      return sandbox.kubeconfig().replaceAll(sandbox.url, wire.url);
    },
  });
  const { signal } = new AbortController();
  const { unread, world } = await gatherTwin(live.vigie, { environment: 'test', signal });
  expect(pages).toBe(7);
  expect(unread).toContainEqual({
    kind: 'ConfigMap',
    why: expect.stringMatching(/^only 26\d were looked at$/),
  });
  // What matters more was read before.
  expect(world.objects.map(({ kind }) => kind)).toContain('Deployment');
});

test.each([
  ['a list that breaks off', 'cut' as const],
  ['a list that is none', { body: '{"kind":"DeploymentList","items":7}' }],
  ['a server in trouble', { status: 500, body: 'no' }],
])('%s makes no twin', async (_name, instead) => {
  live = await startVigie({
    kubeconfig: async sandbox => {
      wire = await startMeddledWire(sandbox);
      wire.meddle({ before: ({ path }) => (path.includes('/deployments') ? instead : undefined) });
      return sandbox.kubeconfig().replaceAll(sandbox.url, wire.url);
    },
  });
  const { signal } = new AbortController();
  await expect(gatherTwin(live.vigie, { environment: 'test', signal })).rejects.toThrow();
  expect(wire?.passed.some(({ path }) => path.includes('/deployments'))).toBe(true);
});
