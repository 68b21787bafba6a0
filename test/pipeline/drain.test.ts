import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { limits } from '../../src/core/limits.ts';
import type { CallResult } from '../../src/core/result.ts';
import { recover } from '../../src/pipeline/recover.ts';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import { type Meddled, startMeddled } from '../hostile/meddler.ts';
import { approvingProcess } from '../support/approving-process.ts';
import { type Passing, refusal } from '../support/meddled-wire.ts';
import { allowAgainAndAgain, allowEverything, askEverything, idOf } from '../support/start-vigie.ts';

const n1 = '/api/v1/nodes/n1';
const pods = '/api/v1/namespaces/shop/pods';
const budgets = '/apis/policy/v1/namespaces/shop/poddisruptionbudgets';
const signal = new AbortController().signal;

let running: Meddled | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(policy: string = allowEverything): Promise<Meddled> {
  running = await startMeddled({
    world: 'test/fixtures/worlds/nodes.yaml',
    everywhere: true,
    hurried: true,
    policy,
  });
  await running.sandbox.settled();
  return running;
}

function drain(vigie: Meddled, more: object = {}): Promise<CallResult> {
  return vigie.call('k8s_node', { action: 'drain', node: 'n1', waitSeconds: 30, ...more });
}

interface PodFacts {
  metadata: { name: string; uid: string; labels?: { app?: string } };
  spec: { nodeName?: string };
}

async function podsOn(vigie: Meddled, node: string): Promise<PodFacts[]> {
  const { items } = await vigie.admin('GET', pods);
  return (items as unknown as PodFacts[]).filter(pod => pod.spec.nodeName === node);
}

async function webOn(vigie: Meddled, node: string): Promise<string[]> {
  return (await podsOn(vigie, node))
    .filter(pod => pod.metadata.labels?.app === 'web')
    .map(pod => pod.metadata.name);
}

async function isCordoned(vigie: Meddled): Promise<boolean> {
  const { spec } = await vigie.admin('GET', n1);
  return (spec as { unschedulable?: boolean }).unschedulable === true;
}

/** A pod as somebody makes it by hand, straight on the node. */
function makePod(vigie: Meddled, name: string, more: { labels?: JsonObject; spec?: JsonObject } = {}) {
  const { labels = {}, spec = {} } = more;
  return vigie.admin('POST', pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: {
      nodeName: 'n1',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: 'shop/tool:1' }],
      ...spec,
    },
  });
}

/** A volume that can be reached from these nodes, for the claim of a pod of a StatefulSet. */
function makeVolume(vigie: Meddled, pod: string, reachable: string[]) {
  return vigie.admin('POST', '/api/v1/persistentvolumes', {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: pod },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: `/data/${pod}` },
      storageClassName: 'by-hand',
      claimRef: { namespace: 'shop', name: `data-${pod}` },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: reachable }] },
          ],
        },
      },
    },
  });
}

/** A StatefulSet whose pods each have a volume. */
function makeKeeper(vigie: Meddled, name: string, more: { spec?: JsonObject; pod?: JsonObject } = {}) {
  const labels = { app: name };
  return vigie.admin('POST', '/apis/apps/v1/namespaces/shop/statefulsets', {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name },
    spec: {
      serviceName: name,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image: 'shop/db:1' }],
          ...more.pod,
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'by-hand',
            resources: { requests: { storage: '1Gi' } },
          },
        },
      ],
      ...more.spec,
    },
  });
}

function makeBudget(vigie: Meddled, spec: JsonObject) {
  return vigie.admin('POST', budgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  });
}

describe('a drain', () => {
  test('cordons the node, evicts what moves, leaves what stays and says what it saw', async () => {
    const vigie = await start();
    const leaving = await webOn(vigie, 'n1');
    expect(leaving.length).toBeGreaterThan(0);
    const result = await drain(vigie);
    expect(result.status, result.text).toBe('done');
    expect(result.text).toContain(`Node/n1: ${leaving.length} of ${leaving.length} pods have left`);
    expect(result.text).toMatch(/ReplicaSet\/web-\w+ in shop: 6 of 6 pods ready on other nodes/);
    expect(result.text).toMatch(
      /Stay, since their DaemonSets would make them again: Pod\/agent-\w+ in other/,
    );
    expect(result.text).toMatch(/Stay, since they have ended: Pod\/report-/);
    expect(await webOn(vigie, 'n1')).toEqual([]);
    expect(await isCordoned(vigie)).toBe(true);
    const evictions = vigie.writes().filter(write => write.endsWith('/eviction'));
    expect(evictions).toHaveLength(leaving.length);
    expect((await drain(vigie)).status).toBe('nothing_to_do');
  });

  test('is undone by an uncordon, and says that nothing moves back', async () => {
    const vigie = await start();
    const result = await drain(vigie);
    expect(result.text).toContain('what runs elsewhere by then does not move back');
    const undone = await vigie.call('changes_undo', { id: idOf(result) });
    expect(undone.status, undone.text).toBe('done');
    expect(await isCordoned(vigie)).toBe(false);
    expect(await webOn(vigie, 'n1')).toEqual([]);
  });

  test('of a node that was cordoned before leaves it so when undone, and says so', async () => {
    const vigie = await start();
    await vigie.admin('PATCH', n1, { spec: { unschedulable: true } });
    const result = await drain(vigie);
    expect(result.text).toContain('An uncordon lets the node take pods again');
    expect(result.data['summary']).toMatch(/^drain Node\/n1; evict /);
    await vigie.call('changes_undo', { id: idOf(result) });
    expect(await isCordoned(vigie)).toBe(true);
  });

  test('of a node with a pod that nothing makes again wants force, and then has no undo', async () => {
    const vigie = await start();
    await makePod(vigie, 'lonely');
    const refused = await drain(vigie);
    expect(refused.data).toMatchObject({ code: 'INVALID_INPUT' });
    expect(refused.text).toContain('Pod/lonely in shop');
    expect(refused.text).toContain('add force: true');
    expect(vigie.writes()).toEqual([]);
    const forced = await drain(vigie, { force: true });
    expect(forced.status, forced.text).toBe('done');
    expect(forced.text).toContain('gone for good: Pod/lonely in shop');
    expect(forced.text).toContain('Undo: none: nothing makes a pod without a controller again');
  });

  test('that would lose data wants to be told so, by volume', async () => {
    const vigie = await start();
    const volumes = [
      { name: 'cache', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      { name: 'tmp', emptyDir: {} },
    ];
    await makePod(vigie, 'keeper', { spec: { volumes } });
    const refused = await drain(vigie, { force: true });
    expect(refused.data).toMatchObject({ code: 'INVALID_INPUT' });
    expect(refused.text).toContain('Pod/keeper in shop (cache (memory, at most 64Mi), tmp (disk, no limit))');
    expect(vigie.writes()).toEqual([]);
    const agreed = await drain(vigie, { force: true, deleteLocalData: true });
    expect(agreed.status, agreed.text).toBe('done');
    expect(agreed.text).toContain(
      'Data that is lost, cache (memory, at most 64Mi), tmp (disk, no limit): Pod/keeper in shop.',
    );
  });

  test('whose pods find no other node is unverified, and names them and why', async () => {
    const vigie = await start();
    const labels = { app: 'bound' };
    await vigie.admin('POST', '/apis/apps/v1/namespaces/shop/statefulsets', {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'bound' },
      spec: {
        replicas: 1,
        serviceName: 'bound',
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            nodeSelector: { 'kubernetes.io/hostname': 'n1' },
            terminationGracePeriodSeconds: 1,
            containers: [{ name: 'main', image: 'shop/db:1' }],
          },
        },
      },
    });
    const names = async () => (await podsOn(vigie, 'n1')).map(({ metadata }) => metadata.name);
    await expect.poll(names).toContain('bound-0');
    const result = await drain(vigie, { waitSeconds: 6 });
    expect(result.status, result.text).toBe('unverified');
    expect(result.text).toMatch(
      /StatefulSet\/bound in shop: 0 of 1 pods ready on other nodes; Pod\/bound-0: Unschedulable/,
    );
    expect(result.text).toMatch(/Node\/n1: (\d) of \1 pods have left/);
    expect(result.data['next']).toContain('vigie k8s node uncordon n1 -e test');
  });

  test('says beforehand whose volume is on this node only, and of nobody else', async () => {
    const vigie = await start(askEverything);
    await makeVolume(vigie, 'here-0', ['n1']);
    await makeVolume(vigie, 'both-0', ['n1', 'n2']);
    for (const name of ['here', 'both']) await makeKeeper(vigie, name, { pod: { nodeName: 'n1' } });
    const names = async () => (await podsOn(vigie, 'n1')).map(({ metadata }) => metadata.name);
    await expect.poll(names).toEqual(expect.arrayContaining(['here-0', 'both-0']));
    const asked = await drain(vigie);
    expect(asked.status, asked.text).toBe('approval_required');
    expect(asked.text).toContain(
      'a volume of theirs is on this node only; they stay Pending until it takes pods again: Pod/here-0 in shop.',
    );
    vigie.meddle({
      before: ({ path }) =>
        path.includes('/persistentvolumes')
          ? refusal(403, { reason: 'Forbidden', message: 'no' })
          : undefined,
    });
    expect((await drain(vigie)).text).toContain('Not checked which pods have a volume on this node only');
    vigie.meddle({});
  });

  test.each<[string, { replicas?: number; podManagementPolicy?: string }, string]>([
    ['one pod', {}, 'Pod/here-0 in shop'],
    // The second is not made before the first is ready.
    ['pods in their order', { replicas: 2 }, 'Pod/here-0 in shop'],
    [
      'pods side by side',
      { replicas: 2, podManagementPolicy: 'Parallel' },
      'Pod/here-0 in shop, Pod/here-1 in shop',
    ],
  ])(
    'waits no longer once only pods are missing whose volume is on the node: %s',
    async (_what, spec, stuck) => {
      const vigie = await start();
      for (const pod of ['here-0', 'here-1']) await makeVolume(vigie, pod, ['n1']);
      await makeKeeper(vigie, 'here', { spec });
      const { replicas = 1 } = spec;
      const kept = async () =>
        (await podsOn(vigie, 'n1')).filter(({ metadata }) => metadata.name.startsWith('here-'));
      await expect.poll(kept).toHaveLength(replicas);
      await vigie.sandbox.advance(30_000);
      const before = vigie.vigie.patience.nowMs();
      const result = await drain(vigie, { waitSeconds: 600 });
      expect(result.status, result.text).toBe('unverified');
      expect(result.text).toContain(
        `StatefulSet/here in shop: 0 of ${replicas} pods ready on other nodes; cannot start elsewhere, since a volume of theirs is on Node/n1 only: ${stuck}.`,
      );
      expect(result.text).toMatch(/ReplicaSet\/web-\w+ in shop: 6 of 6 pods ready on other nodes/);
      expect(result.text).toMatch(/Node\/n1: (\d) of \1 pods have left/);
      expect(vigie.vigie.patience.nowMs() - before).toBeLessThan(120_000);
    },
  );

  test('waits for the pods that can start elsewhere, and then not for one whose volume is on the node', async () => {
    const vigie = await start();
    await makeVolume(vigie, 'here-0', ['n1']);
    await makeVolume(vigie, 'here-1', ['n1', 'n2']);
    const others = ['/api/v1/nodes/n2', '/api/v1/nodes/n3'];
    for (const path of others) await vigie.admin('PATCH', path, { spec: { unschedulable: true } });
    await makeKeeper(vigie, 'here', { spec: { replicas: 2, podManagementPolicy: 'Parallel' } });
    const names = async () => (await podsOn(vigie, 'n1')).map(({ metadata }) => metadata.name);
    await expect.poll(names).toEqual(expect.arrayContaining(['here-0', 'here-1']));
    for (const path of others) await vigie.admin('PATCH', path, { spec: { unschedulable: null } });
    const result = await drain(vigie, { waitSeconds: 600 });
    expect(result.status, result.text).toBe('unverified');
    expect(result.text).toContain(
      'StatefulSet/here in shop: 1 of 2 pods ready on other nodes; cannot start elsewhere, since a volume of theirs is on Node/n1 only: Pod/here-0 in shop.',
    );
  });

  test('says beforehand that a budget which wants all of its pods never lets one go', async () => {
    const vigie = await start(askEverything);
    await makeBudget(vigie, { minAvailable: 6 });
    await vigie.sandbox.settled();
    const never =
      'it never will, since each of its 6 pods must be healthy at any time: scale up or change the budget first';
    expect((await drain(vigie)).text).toContain(never);
    await vigie.admin('DELETE', `${budgets}/web`);
    await makeBudget(vigie, { maxUnavailable: 1 });
    await vigie.sandbox.settled();
    expect((await drain(vigie)).text).not.toContain('never will');
  });

  test('that breaks a Job is unverified at once, and says so', async () => {
    const vigie = await start();
    await vigie.admin('POST', '/apis/batch/v1/namespaces/shop/jobs', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'import' },
      spec: {
        backoffLimit: 0,
        template: {
          spec: {
            nodeName: 'n1',
            restartPolicy: 'Never',
            terminationGracePeriodSeconds: 1,
            containers: [{ name: 'main', image: 'shop/web:1', command: ['sleep', '86400'] }],
          },
        },
      },
    });
    const names = async () => (await podsOn(vigie, 'n1')).map(({ metadata }) => metadata.name).join();
    await expect.poll(names).toContain('import-');
    const before = vigie.vigie.patience.nowMs();
    const result = await drain(vigie, { waitSeconds: 300 });
    expect(result.status, result.text).toBe('unverified');
    expect(result.text).toMatch(/Job\/import in shop: failed: Job has reached the specified backoff limit/);
    expect(vigie.vigie.patience.nowMs() - before).toBeLessThan(60_000);
  });

  test('waits for a budget, pod after pod', async () => {
    const vigie = await start();
    await makeBudget(vigie, { minAvailable: 5 });
    await vigie.sandbox.settled();
    const leaving = await webOn(vigie, 'n1');
    expect(leaving.length).toBeGreaterThan(1);
    const said: string[] = [];
    const result = await vigie.call(
      'k8s_node',
      { action: 'drain', node: 'n1', waitSeconds: 60 },
      { progress: line => said.push(line) },
    );
    expect(result.status, result.text).toBe('done');
    expect(result.text).toContain('PodDisruptionBudget/web in shop allows 1 disruption now');
    expect(said.join('\n')).toMatch(/wait: Pod\/web-[\w-]+ in shop: BLOCKED_BY_BUDGET/);
    expect(await webOn(vigie, 'n1')).toEqual([]);
  });
});

describe('a drain that stops halfway', () => {
  test('leaves the node cordoned, names what went and what did not, and goes on when asked again', async () => {
    const vigie = await start();
    await makePod(vigie, 'lonely');
    await makeBudget(vigie, { minAvailable: '100%' });
    await vigie.sandbox.settled();
    const web = await webOn(vigie, 'n1');
    const stopped = await drain(vigie, { force: true, waitSeconds: 1 });
    expect(stopped.status, stopped.text).toBe('failed');
    expect(stopped.text).toContain('BLOCKED_BY_BUDGET');
    expect(stopped.text).toContain('evict Pod/lonely in shop');
    for (const name of web) expect(stopped.text).toMatch(new RegExp(`Not done:[^]*${name}`));
    expect(stopped.data['next']).toContain('vigie k8s node drain n1 -e test --force goes on');
    expect(stopped.data['next']).toContain('vigie k8s node uncordon n1 -e test');
    expect(await isCordoned(vigie)).toBe(true);
    expect(await webOn(vigie, 'n1')).toEqual(web);

    await vigie.admin('DELETE', `${budgets}/web`);
    vigie.passed.length = 0;
    const resumed = await drain(vigie);
    expect(resumed.status, resumed.text).toBe('done');
    expect(vigie.writes().filter(write => write.endsWith('/eviction'))).toHaveLength(web.length);
    expect(vigie.writes()).not.toContain(`PATCH ${n1}`);
  });

  test('before any pod has left is taken back whole', async () => {
    const vigie = await start();
    await makeBudget(vigie, { minAvailable: '100%' });
    await vigie.sandbox.settled();
    const stopped = await drain(vigie, { waitSeconds: 1 });
    expect(stopped.status, stopped.text).toBe('failed');
    expect(stopped.text).toContain('failed and was taken back');
    expect(stopped.text).toContain('Node/n1 was taken back');
    expect(stopped.data['next']).toBe(`vigie changes get ${idOf(stopped)}`);
    expect(await isCordoned(vigie)).toBe(false);
  });

  test('by its caller tells what stands, and can be undone', async () => {
    const vigie = await start();
    const stop = new AbortController();
    let evicted = 0;
    vigie.meddle({
      after(passing) {
        if (!passing.isWrite || !passing.path.includes('/eviction')) return undefined;
        evicted += 1;
        stop.abort();
        return undefined;
      },
    });
    const input = { action: 'drain', node: 'n1' };
    const stopped = await vigie.call('k8s_node', input, { signal: stop.signal });
    vigie.meddle({});
    expect(evicted).toBe(1);
    expect(stopped.status, stopped.text).toBe('failed');
    expect(stopped.text).toContain('CANCELLED');
    expect(stopped.text).toMatch(/Done and left as it is, 2 of \d: cordon Node\/n1, evict Pod\/web-/);
    expect(await isCordoned(vigie)).toBe(true);
    const undone = await vigie.call('changes_undo', { id: idOf(stopped) });
    expect(undone.status, undone.text).toBe('done');
    expect(await isCordoned(vigie)).toBe(false);
  });

  test('by the kill switch sends nothing more', async () => {
    const vigie = await start();
    const store = await vigie.vigie.store();
    let evicted = 0;
    vigie.meddle({
      async after(passing) {
        if (!passing.isWrite || !passing.path.includes('/eviction')) return undefined;
        evicted += 1;
        const audit = { event: 'kill_switch_on', facts: { by: 'alice' } } as const;
        await store.settings.setKillSwitch({ on: true, by: 'alice', why: 'drill', audit });
        return undefined;
      },
    });
    const stopped = await drain(vigie);
    vigie.meddle({});
    expect(stopped.text).toContain('KILL_SWITCH');
    expect(evicted).toBe(1);
    expect(await isCordoned(vigie)).toBe(true);
  });
});

describe('while a drain waits for its approval', () => {
  test('pods that go by themselves are no reason to ask again, and others are left alone and named', async () => {
    const vigie = await start(askEverything);
    const [first = ''] = await webOn(vigie, 'n1');
    const asked = await drain(vigie, { waitSeconds: 5 });
    expect(asked.status, asked.text).toBe('approval_required');
    await vigie.admin('DELETE', `${pods}/${first}`);
    await makePod(vigie, 'newcomer');
    await vigie.sandbox.settled();
    await expect.poll(() => webOn(vigie, 'n1')).not.toContain(first);
    const id = idOf(asked);
    const review = await reviewTicket(vigie.vigie, { id, person: 'alice', signal });
    if (!('review' in review)) throw new Error(review.result.text);
    expect(review.review.screen).toContain(`Pod/${first} in shop is gone already`);
    expect(review.review.screen).toContain('left alone: Pod/newcomer in shop');
    const done = await vigie.approve(id);
    expect(done.status, done.text).toBe('unverified');
    expect(done.text).toContain('Came to the node since the plan and were left alone: Pod/newcomer in shop');
    expect(done.data['next']).toContain('vigie k8s node drain n1');
  });

  test('a node that is gone is said to be, and nothing is evicted', async () => {
    const vigie = await start(askEverything);
    const asked = await drain(vigie);
    await vigie.admin('DELETE', n1);
    const result = await vigie.approve(idOf(asked));
    expect(result.status, result.text).toBe('plan_changed');
    expect(vigie.writes()).toEqual([]);
  });
});

describe('policy', () => {
  test.each([
    ['a pod on the node', '{kind: Pod, labels: vigie.dev/keep=yes}', 'Pod/kept in shop is protected'],
    ['the node', '{kind: Node, name: n1}', 'Node/n1 is protected'],
    ['a namespace with pods there', '{namespace: shop}', 'in shop is protected'],
  ])('that protects %s denies the whole drain', async (_, rule, why) => {
    const vigie = await start(`{low: allow, medium: allow, high: allow, protect: [${rule}]}`);
    await makePod(vigie, 'kept', { labels: { 'vigie.dev/keep': 'yes' } });
    const denied = await drain(vigie, { force: true });
    expect(denied.data).toMatchObject({ status: 'denied', rule: 'policy.protect[0]' });
    expect(denied.text).toContain(why);
    expect(vigie.writes()).toEqual([]);
    expect(await isCordoned(vigie)).toBe(false);
  });

  test('takes a drain, a cordon and an uncordon for high risk', async () => {
    const vigie = await start('{low: allow, medium: allow, high: deny}');
    for (const action of ['drain', 'cordon'])
      expect((await vigie.call('k8s_node', { action, node: 'n1' })).data).toMatchObject({
        status: 'denied',
        rule: 'policy.high',
      });
    await vigie.admin('PATCH', n1, { spec: { unschedulable: true } });
    const uncordon = await vigie.call('k8s_node', { action: 'uncordon', node: 'n1' });
    expect(uncordon.data).toMatchObject({ status: 'denied', rule: 'policy.high' });
  });
});

describe('a large node', () => {
  async function fill(vigie: Meddled, count: number): Promise<void> {
    for (let from = 0; from < count; from += 25)
      await Promise.all(
        Array.from({ length: 25 }, (_, index) =>
          makePod(vigie, `worker-${String(from + index).padStart(3, '0')}`, {
            spec: { volumes: [{ name: 'tmp', emptyDir: {} }] },
          }),
        ),
      );
  }

  test('of 110 pods stays readable on the screen that asks', async () => {
    const vigie = await start(askEverything);
    await fill(vigie, 125);
    const asked = await drain(vigie, { force: true, deleteLocalData: true });
    const review = await reviewTicket(vigie.vigie, { id: idOf(asked), person: 'alice', signal });
    if (!('review' in review)) throw new Error(review.result.text);
    const { screen, typeToConfirm } = review.review;
    expect(typeToConfirm).toBe('n1');
    for (let index = 0; index < 125; index += 1)
      expect(screen.match(new RegExp(`^ {2}worker-${String(index).padStart(3, '0')}$`, 'gm'))).toHaveLength(
        1,
      );
    expect(screen).toMatch(/Targets {6}drain Node\/n1, evict \d+ pods, all listed below/);
    expect(screen).toMatch(/Risk {9}high: concerns a node; evicts pods; /);
    expect(screen).toContain('if it fails on the way, once a pod is evicted the node stays cordoned');
    const lines = screen.split('\n');
    expect(lines.length).toBeLessThan(300);
    // But for the warning that names pods one by one.
    expect(Math.max(...lines.map(line => line.length))).toBeLessThan(700);
  });

  test('of 250 pods is drained, and its record can be read', async () => {
    const vigie = await start(allowAgainAndAgain);
    await fill(vigie, 250);
    const asked = await drain(vigie, { force: true, deleteLocalData: true, waitSeconds: 120 });
    expect(asked.status, asked.text).toBe('done');
    expect(asked.text).toMatch(/25\d of 25\d pods have left/);
    expect(await podsOn(vigie, 'n1')).toHaveLength(1);
    const got = await vigie.call('changes_get', { id: idOf(asked) });
    expect(got.data).toMatchObject({ state: 'done' });
  });
});

describe('a wire that breaks', () => {
  test('after an eviction has arrived leads to a look at the pod, and the drain goes on', async () => {
    const vigie = await start();
    let cut = 0;
    vigie.meddle({
      after(passing) {
        if (!passing.isWrite || !passing.path.includes('/eviction') || cut > 0) return undefined;
        cut += 1;
        return 'cut';
      },
    });
    const result = await drain(vigie);
    vigie.meddle({});
    expect(cut).toBe(1);
    expect(result.status, result.text).toBe('done');
    const evictions = vigie.writes().filter(write => write.endsWith('/eviction'));
    expect(new Set(evictions).size).toBe(evictions.length);
  });

  test('lets no other pod be evicted that has taken the name meanwhile', async () => {
    const vigie = await start();
    await makePod(vigie, 'twin');
    let later = '';
    vigie.meddle({
      async before({ isWrite, path }) {
        if (!isWrite || !path.includes('/twin/eviction') || later !== '') return undefined;
        await vigie.admin('DELETE', `${pods}/twin?gracePeriodSeconds=0`);
        const made = (await makePod(vigie, 'twin')) as unknown as PodFacts;
        later = made.metadata.uid;
        return undefined;
      },
    });
    const result = await drain(vigie, { force: true });
    vigie.meddle({});
    expect(later).not.toBe('');
    expect(result.status, result.text).toBe('unverified');
    expect(result.text).toContain('Came to the node since the plan and were left alone: Pod/twin in shop');
    const { metadata } = await vigie.admin('GET', `${pods}/twin`);
    expect(metadata).toMatchObject({ uid: later });
    expect(metadata).not.toHaveProperty('deletionTimestamp');
  });

  test('so that nobody can be asked leaves the eviction open, and says so', async () => {
    const vigie = await start();
    let lost = '';
    vigie.meddle({
      before: ({ method, path }) =>
        lost !== '' && method === 'GET' && path.endsWith(lost) ? 'cut' : undefined,
      after({ isWrite, path }) {
        if (!isWrite || !path.includes('/eviction') || lost !== '') return undefined;
        lost = path.replace(/\/eviction.*/, '');
        return 'cut';
      },
    });
    const result = await drain(vigie);
    vigie.meddle({});
    expect(result.status, result.text).toBe('failed');
    const name = lost.split('/').at(-1) ?? '';
    expect(result.text).toContain(`It is not known whether Pod/${name} in shop was changed`);
    expect(result.text).toMatch(/Done and left as it is, 1 of \d+: cordon Node\/n1\./);
    expect(result.text).toContain('Not known to be done: evict Pod/');
    expect(await isCordoned(vigie)).toBe(true);
    const again = await drain(vigie);
    expect(again.status, again.text).toBe('done');
  });

  test('while the pods leave is waited through', async () => {
    const vigie = await start();
    let evicted = false;
    let failures = 0;
    vigie.meddle({
      before({ isWrite, path }) {
        evicted ||= isWrite && path.includes('/eviction');
        if (!evicted || !path.includes('spec.nodeName') || failures >= limits.readAttempts) return undefined;
        failures += 1;
        return refusal(503, { reason: 'ServiceUnavailable', message: 'the server is currently unable' });
      },
    });
    const result = await drain(vigie);
    vigie.meddle({});
    expect(failures).toBe(limits.readAttempts);
    expect(result.status, result.text).toBe('done');
  });

  test('two drains of one node at once evict no pod twice, and both end', async () => {
    const vigie = await start();
    const [one, other] = await Promise.all([drain(vigie), drain(vigie)]);
    for (const result of [one, other])
      expect(['done', 'nothing_to_do'], result.text).toContain(result.status);
    expect(await webOn(vigie, 'n1')).toEqual([]);
  });
});

test('killed before or after any write of a drain, its record tells the truth, and it goes on when asked again', async () => {
  const vigie = await start(askEverything);
  const store = await vigie.vigie.store();
  // The pod of the job that has ended stays.
  const ended = 1;
  for (const at of [1, 2, 3]) {
    for (const moment of ['before', 'after'] as const) {
      const opened = await vigie.call('k8s_node', { action: 'uncordon', node: 'n1' });
      if (opened.status === 'approval_required') await vigie.approve(idOf(opened));
      await makePod(vigie, `lonely-${at}-${moment}`);
      await makePod(vigie, `lonelier-${at}-${moment}`);
      await vigie.sandbox.settled();
      const planned = 1 + (await podsOn(vigie, 'n1')).length - ended;
      const id = idOf(await drain(vigie, { force: true }));
      const approving = await approvingProcess(vigie, id);
      let writes = 0;
      vigie.meddle({
        [moment](passing: Passing) {
          if (!passing.isWrite) return undefined;
          writes += 1;
          if (writes !== at) return undefined;
          approving.kill();
          return 'cut';
        },
      });
      approving.go();
      expect(await approving.ended).toBeUndefined();
      vigie.meddle({});
      await vigie.sandbox.settled();
      vigie.passTime(limits.leaseMs + 1_000);
      const [found] = await recover(vigie.vigie, signal);
      vigie.passTime(-limits.leaseMs - 1_000);
      const where = `killed ${moment} write ${at}: ${found?.evidence.join('\n') ?? 'nothing'}`;
      const done = moment === 'after' ? at : at - 1;
      expect(found, where).toMatchObject({ id, state: done === planned ? 'done' : 'interrupted' });
      expect(await store.audit.verify(), where).toMatchObject({ ok: true });
      expect(await isCordoned(vigie), where).toBe(done > 0);
      const told = found?.evidence.filter(line => / in (shop|other): done/.test(line)) ?? [];
      expect(told, where).toHaveLength(Math.max(0, done - 1));
      if (done === planned) continue;
      expect(found?.evidence.join('\n'), where).toContain('vigie k8s node drain n1 -e test --force goes on');

      const again = await drain(vigie, { force: true });
      expect(again.status, again.text).toBe('approval_required');
      const resumed = await vigie.approve(idOf(again));
      expect(resumed.status, resumed.text).toBe('done');
      expect(await podsOn(vigie, 'n1'), where).toHaveLength(ended);
    }
  }
});
