import { expect, test } from 'vitest';
import type { ContainerStatus, Pod } from '../../src/kubernetes/kinds/pod.ts';
import { logLines } from '../../src/sandbox/logs.ts';
import { loadWorld, parseWorld } from '../../src/sandbox/world.ts';

const world = await loadWorld('shop');
const startedAt = '2026-03-02T06:00:00Z';
const nowMs = Date.parse('2026-03-02T08:00:00Z');

function pod(status: Partial<ContainerStatus>, image = 'acme/api:1.15.0'): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'api-1', namespace: 'shop', uid: 'u1' },
    spec: { containers: [{ name: 'api', image }] },
    status: { containerStatuses: [{ name: 'api', ready: true, restartCount: 0, ...status }] },
  };
}

const running = { state: { running: { startedAt } } };
const ask = { container: 'api', world, nowMs, previous: false };

test('lines run from the start of the container to now, in order, and some warn', () => {
  const lines = logLines({ ...ask, pod: pod(running) });
  expect(lines.length).toBeGreaterThan(1_000);
  const times = lines.map(line => line.timeMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times[0]).toBe(Date.parse(startedAt));
  expect(times.at(-1)).toBeLessThanOrEqual(nowMs);
  for (const { line } of lines) expect(() => JSON.parse(line)).not.toThrow();
  const levels = lines.map(({ line }) => /"level":"(\w+)"/.exec(line)?.[1]);
  expect(new Set(levels)).toEqual(new Set(['info', 'warn', 'error']));
  expect(levels.filter(level => level !== 'info').length).toBeLessThan(lines.length / 10);
});

test('asked again later, the same lines come with new ones after them', () => {
  const before = logLines({ ...ask, pod: pod(running) });
  const after = logLines({ ...ask, pod: pod(running), nowMs: nowMs + 60_000 });
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.length).toBeGreaterThan(before.length);
});

test('a log of many days keeps its newest five thousand lines', () => {
  const lines = logLines({ ...ask, pod: pod(running), nowMs: nowMs + 30 * 24 * 3_600_000 });
  expect(lines).toHaveLength(5_000);
  expect(lines[0]?.timeMs).toBeGreaterThan(nowMs);
});

test('the previous instance ends as it did: with last words after an error, without any when it was killed', () => {
  const ended = (reason: string, exitCode: number) => ({
    ...running,
    restartCount: 1,
    lastState: {
      terminated: { reason, exitCode, startedAt: '2026-03-02T05:00:00Z', finishedAt: '2026-03-02T05:59:00Z' },
    },
  });
  const failed = logLines({ ...ask, pod: pod(ended('Error', 1)), previous: true });
  expect(failed.at(-1)).toMatchObject({
    timeMs: Date.parse('2026-03-02T05:59:00Z'),
    line: expect.stringContaining('fatal'),
  });
  const killed = logLines({ ...ask, pod: pod(ended('OOMKilled', 137)), previous: true });
  expect(killed.at(-1)?.line).not.toContain('fatal');
  expect(killed.length).toBe(failed.length - 1);
});

const needy = parseWorld(
  `
cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
images: [{match: shop/needy, needsEnv: [A, B], needs: [$URL, 'db.shop:5432'], log: json-service}]
objects: []
`,
  'needy',
);

test.each([
  [1, 'the environment variable A is not set'],
  [2, 'the environment variable B is not set'],
  [3, 'cannot look up the host in URL: no such host'],
  [4, 'cannot reach the host in URL'],
  [5, 'dial tcp: lookup db.shop: no such host'],
  [6, 'cannot reach db.shop:5432'],
  [7, 'unhandled rejection'],
])('an instance that died after %d s says in its own way what it lacked then', (seconds, words) => {
  const finishedAt = new Date(Date.parse(startedAt) + seconds * 1_000).toISOString();
  const terminated = { reason: 'Error', exitCode: 1, startedAt, finishedAt };
  const waits = {
    restartCount: 3,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated },
  };
  const lines = logLines({ ...ask, world: needy, pod: pod(waits, 'shop/needy:1') });
  expect(JSON.parse(lines.at(-1)?.line ?? '')).toMatchObject({ level: 'fatal', msg: words });
  const again = {
    restartCount: 4,
    state: { running: { startedAt: '2026-03-02T07:00:00Z' } },
    lastState: { terminated },
  };
  const previous = logLines({ ...ask, world: needy, pod: pod(again, 'shop/needy:1'), previous: true });
  expect(previous).toEqual(lines);
});

test.each([
  [
    [{ name: 'URL', value: 'postgres://me:word@dbb.shop.svc:5432/shop' }],
    'dial tcp: lookup dbb.shop.svc: no such host',
  ],
  [
    [
      { name: 'HOST', value: 'dbb' },
      { name: 'URL', value: 'http://$(HOST)/' },
    ],
    'dial tcp: lookup dbb: no such host',
  ],
  // What it was then, nobody knows any more.
  [
    [{ name: 'URL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'url' } } }],
    'cannot look up the host in URL: no such host',
  ],
])('a name that no resolver knew is told where the pod itself says it: %j', (env, words) => {
  const ended = {
    restartCount: 1,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: {
      terminated: { reason: 'Error', exitCode: 1, startedAt, finishedAt: '2026-03-02T06:00:03Z' },
    },
  };
  const dead = pod(ended, 'shop/needy:1');
  dead.spec.containers = [{ name: 'api', image: 'shop/needy:1', env }];
  const last = logLines({ ...ask, world: needy, pod: dead }).at(-1)?.line ?? '';
  expect(JSON.parse(last)).toMatchObject({ msg: words });
  expect(last).not.toContain('word@');
});

test('what a runtime could not start, and what a signal ended, left no last words', () => {
  const ended = (reason: string, exitCode: number, from: string) => ({
    restartCount: 1,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { reason, exitCode, startedAt: from, finishedAt: '2026-03-02T06:00:01Z' } },
  });
  const lines = (status: Partial<ContainerStatus>) => logLines({ ...ask, pod: pod(status) });
  expect(lines(ended('StartError', 128, '1970-01-01T00:00:00Z'))).toEqual([]);
  expect(lines(ended('Error', 143, startedAt)).map(each => each.line)).not.toContainEqual(
    expect.stringContaining('fatal'),
  );
});

test('a container that never ran, or never restarted, has no such lines', () => {
  expect(logLines({ ...ask, pod: pod({ state: { waiting: { reason: 'ContainerCreating' } } }) })).toEqual([]);
  expect(logLines({ ...ask, pod: pod(running), previous: true })).toEqual([]);
  expect(logLines({ ...ask, pod: pod(running), container: 'other' })).toEqual([]);
});

test.each([
  'acme/storefront:1',
  'acme/catalog:1',
  'acme/worker:1',
  'postgres:17',
  'redis:8',
  'prom/prometheus:v3',
  'unknown:1',
])('%s writes lines of its own kind', image => {
  const lines = logLines({ ...ask, pod: pod(running, image) });
  expect(lines.length).toBeGreaterThan(50);
  for (const { line } of lines) expect(line).toMatch(/^[\x20-\x7e]+$/);
});
