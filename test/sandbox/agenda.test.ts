import { expect, test } from 'vitest';
import { Agenda } from '../../src/sandbox/agenda.ts';
import type { ClusterView, Controller } from '../../src/sandbox/controllers/controller.ts';
import { controllers } from '../../src/sandbox/controllers/index.ts';
import { Rehearsal } from '../../src/sandbox/rehearsal.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import { deployment, settleFor, startMs } from '../support/cluster-life.ts';

const minute = 60_000;
const world = parseWorld(
  'cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: x, ip: 10.0.0.1, podSubnet: 10.42.0}]}\nobjects: []\n',
  'many',
);

/** Looks of all controllers at a rollout of one deployment among so many of two pods each. */
function looksAtRollout(deployments: number): number {
  let looks = 0;
  const counting = controllers.map(
    (controller): Controller => ({
      name: controller.name,
      watches: controller.watches,
      ...(controller.keysOf === undefined ? {} : { keysOf: controller.keysOf.bind(controller) }),
      reconcile(view, nowMs, key) {
        looks += 1;
        return controller.reconcile(view, nowMs, key);
      },
    }),
  );
  const life = new Rehearsal(world, { controllers: counting, nowMs: startMs });
  const status = {
    allocatable: { cpu: '64', memory: '64Gi', pods: '500' },
    conditions: [{ type: 'Ready', status: 'True' }],
  };
  life.apply({
    do: 'create',
    object: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: {}, status },
  });
  const spec = { finalizers: ['kubernetes'] };
  life.apply({
    do: 'create',
    object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, spec },
  });
  for (let index = 0; index < deployments; index++)
    life.apply({ do: 'create', object: deployment(`web-${index}`, { replicas: 2 }) });
  settleFor(life, 10 * minute);
  const [first] = life.list('Deployment');
  if (first === undefined) throw new Error('no deployment');
  const before = looks;
  const template = {
    metadata: { labels: { app: 'web-0' } },
    spec: { containers: [{ name: 'web-0', image: 'shop/web:2' }] },
  };
  life.apply({ do: 'update', object: { ...first, spec: { ...first.spec, template } } });
  settleFor(life, 10 * minute);
  return looks - before;
}

test('a rollout costs as many looks among a hundred deployments as among three', () => {
  const few = looksAtRollout(3);
  expect(few).toBeGreaterThan(10);
  expect(looksAtRollout(100)).toBe(few);
});

test('what is refused is asked again after twice the time, up to the longest, and at once when it changes', () => {
  const controller: Controller = { name: 'one', watches: [], reconcile: () => ({ operations: [] }) };
  const view: ClusterView = new Rehearsal(world, { controllers: [], nowMs: 0 });
  const agenda = new Agenda([controller], view);
  const waits: number[] = [];
  let nowMs = 0;
  for (let attempt = 0; attempt < 14; attempt++) {
    agenda.done({ controller, key: 'a' }, { refusedAt: nowMs });
    // Looked at for another reason in between, it is refused again; that counts for nothing.
    agenda.done({ controller, key: 'a' }, { refusedAt: nowMs });
    const next = agenda.nextWake() ?? Number.NaN;
    waits.push((next - nowMs) / 1_000);
    nowMs = next;
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000, 1_000, 1_000, 1_000]);
  agenda.done({ controller, key: 'a' }, {});
  expect(agenda.nextWake()).toBeUndefined();
});
