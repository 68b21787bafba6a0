import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { CallResult } from '../../src/core/result.ts';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import { type Meddled, startMeddled } from '../hostile/meddler.ts';
import { allowEverything, askEverything, idOf } from '../support/start-vigie.ts';

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
  running = await startMeddled({ world: 'test/fixtures/worlds/nodes.yaml', everywhere: true, policy });
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

  test('of a node with a pod that nothing makes again wants force, and then has no undo', async () => {
    const vigie = await start();
    await makePod(vigie, 'lonely');
    const refused = await drain(vigie);
    expect(refused.data).toMatchObject({ code: 'INVALID_INPUT' });
    expect(refused.text).toContain('Pod/lonely in shop');
    expect(refused.text).toContain('set force: true');
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
    expect(agreed.text).toContain('Data that is lost with 1 pod of Pod/keeper in shop: cache (memory');
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
    for (const name of web) expect(stopped.text).toMatch(new RegExp(`Not known to be done:[^]*${name}`));
    expect(stopped.data['next']).toContain('vigie k8s node drain n1 goes on');
    expect(stopped.data['next']).toContain('vigie k8s node uncordon n1');
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
    expect(stopped.text).toMatch(/Done and left as it is, 2 of \d: drain Node\/n1, evict Pod\/web-/);
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
