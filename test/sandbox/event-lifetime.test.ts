import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCluster } from '../../src/sandbox/cluster.ts';
import { recordEvent } from '../../src/sandbox/record-event.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import { objectNamed, send, startShop } from '../support/sandbox-client.ts';

const minute = 60_000;
const events = '/api/v1/namespaces/shop/events';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startShop();
  await sandbox.settled();
});
afterEach(() => sandbox.close());

async function reasons(): Promise<string[]> {
  const { body } = await send(sandbox, { path: events });
  return (body['items'] as { reason: string }[]).map(({ reason }) => reason);
}

async function tell(reason: string): Promise<void> {
  const { status } = await send(sandbox, {
    method: 'POST',
    path: events,
    body: {
      ...objectNamed('Event', reason.toLowerCase()),
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'shop' },
      reason,
      lastTimestamp: sandbox.cluster.clock.timestamp(),
    },
  });
  expect(status).toBe(201);
}

test('an event is gone an hour after it was told last', async () => {
  await tell('First');
  await sandbox.advance(30 * minute);
  await tell('Second');
  await sandbox.advance(29 * minute);
  expect(await reasons()).toEqual(['First', 'Second']);
  await sandbox.advance(2 * minute);
  expect(await reasons()).toEqual(['Second']);
  await sandbox.advance(24 * 60 * minute);
  expect(await reasons()).toEqual([]);
});

test('what goes on being told stays', async () => {
  const spec = {
    containers: [{ name: 'main', image: 'x:1', envFrom: [{ configMapRef: { name: 'none' } }] }],
  };
  await send(sandbox, {
    method: 'POST',
    path: '/api/v1/namespaces/shop/pods',
    body: { ...objectNamed('Pod', 'waiting'), spec },
  });
  await sandbox.advance(3 * 60 * minute);
  const told = await reasons();
  expect(told).toContain('Failed');
  expect(told).not.toContain('Scheduled');
});

test('a whole cluster keeps so many, the newest', () => {
  const world = parseWorld(
    'cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}\nobjects: []\n',
    'events',
  );
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  const cluster = createCluster(world, () => nowMs);
  for (let index = 0; index < 5_010; index += 1) {
    nowMs += 1_000;
    const about = objectNamed('Pod', `p${index}`, {});
    recordEvent(cluster, {
      about: { ...about, metadata: { ...about.metadata, namespace: index % 2 === 0 ? 'shop' : 'other' } },
      type: 'Normal',
      reason: 'Told',
      message: `${index}`,
      from: 'test',
    });
  }
  const kept = cluster.state.list('/events').map(event => Number(event['message']));
  expect(kept).toHaveLength(5_000);
  expect(Math.min(...kept)).toBe(10);
});
