import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lastRunBefore } from '../../src/kubernetes/cron.ts';
import { behaviourOf, loadWorld, parseWorld } from '../../src/sandbox/world.ts';

const small = `
cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
images:
  - {match: shop/web, startSeconds: 7}
  - {match: "shop/*", startSeconds: 2}
objects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]
`;

test('a world is loaded by its name or from a file', async () => {
  expect((await loadWorld('shop')).name).toBe('shop');
  const folder = await mkdtemp(join(tmpdir(), 'vigie-world-'));
  try {
    const file = join(folder, 'small.yaml');
    await writeFile(file, small);
    expect((await loadWorld(file)).objects).toHaveLength(1);
    await expect(loadWorld(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'SANDBOX' });
  } finally {
    await rm(folder, { recursive: true });
  }
  await expect(loadWorld('atlantis')).rejects.toMatchObject({
    code: 'SANDBOX',
    message: 'There is no world named atlantis',
  });
});

test.each([
  ['{', 'no valid YAML'],
  ['objects: []', 'cluster'],
  [small.replace('name: a', 'names: a'), 'objects.0.metadata.name'],
  [small.replace('startSeconds: 7', 'startSeconds: -1'), 'images.0.startSeconds'],
  [small.replace('startSeconds: 7', 'needs: [db]'), 'images.0.needs.0: service.namespace:port or $NAME'],
  [small.replace('startSeconds: 7', `needsEnv: [${'A,'.repeat(31)}]`), 'images.0.needsEnv'],
  [small.replace('startSeconds: 7', 'exitCode: 256'), 'images.0.exitCode'],
  [`${small}\nregistry: {shop/web: [1.0]}`, 'registry.shop/web.0'],
  [small.replace('v1.36.2', 'v1.20.9'), 'cluster.serverVersion: v1.28.0 or later'],
  [`${small}\nextra: 1`, 'extra'],
])('a broken world says what is wrong: %j', (text, message) => {
  expect(() => parseWorld(text, 'broken')).toThrow(
    expect.objectContaining({ code: 'SANDBOX', message: expect.stringContaining(message) }),
  );
});

test('images are matched without their tag or digest, the first match wins, an unknown one starts after a second', () => {
  const world = parseWorld(small, 'small');
  expect(behaviourOf(world, 'shop/web:1.2').startSeconds).toBe(7);
  expect(behaviourOf(world, 'shop/web@sha256:abc').startSeconds).toBe(7);
  expect(behaviourOf(world, 'shop/api').startSeconds).toBe(2);
  expect(behaviourOf(world, 'localhost:5000/other').startSeconds).toBe(1);
});

test('an image of which only its name is said needs nothing and answers everywhere', () => {
  const [image] = parseWorld(small, 'small').images;
  expect(image).toMatchObject({
    needs: [],
    needsEnv: [],
    private: false,
    withoutPeers: 'crash',
    exitCode: 0,
  });
  expect(image).not.toHaveProperty('ports');
  expect(image).not.toHaveProperty('commands');
});

test.each([
  ['*/30 * * * *', '2026-03-02T08:00:00Z'],
  ['15 3 * * *', '2026-03-02T03:15:00Z'],
  ['0 9-17/4 * * 1-5', '2026-02-27T17:00:00Z'],
  ['0 0 1 * *', '2026-03-01T00:00:00Z'],
  ['0 12 * * 7', '2026-03-01T12:00:00Z'],
  ['@daily', '2026-03-02T00:00:00Z'],
])('the last run of %s was at %s', (schedule, time) => {
  expect(lastRunBefore({ schedule }, Date.parse('2026-03-02T08:10:30Z'))).toBe(Date.parse(time));
});

test('a schedule that cannot be read has no last run', () => {
  expect(lastRunBefore({ schedule: 'whenever' }, Date.now())).toBeUndefined();
});
