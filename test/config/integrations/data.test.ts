import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Config, loadConfig } from '../../../src/config/config.ts';
import { servicesOf } from '../../../src/systems.ts';
import { place, temporaryFolder } from '../temporary-folder.ts';

async function load(service: string, more = ''): Promise<Config> {
  const folder = await temporaryFolder();
  const text = `environments:
  vps:
    secrets: {shop: "env:SHOP_PASSWORD"}
    data:
      shop-db: {${service}}
${more}`;
  const file = await place(join(folder, 'vigie.yaml'), text);
  return loadConfig({ file, env: { HOME: folder }, systemFolder: join(folder, 'etc') });
}

async function readAs(service: string) {
  const [vps] = (await load(service)).environments;
  return vps?.integrations.data?.get('shop-db');
}

test('a service of each engine is read with its own keys, on a machine without a cluster', async () => {
  expect(
    await readAs(
      'engine: postgres, database: shop, host: db, port: 5433, user: vigie, sslMode: verify-full, password: shop',
    ),
  ).toEqual({
    name: 'shop-db',
    engine: 'postgres',
    run: { in: 'local' },
    place: { host: 'db', port: 5433, user: 'vigie', database: 'shop', sslMode: 'verify-full' },
    secrets: { password: expect.objectContaining({ source: 'env' }) },
  });
  expect(await readAs('engine: redis, socket: /run/redis.sock, tls: true, p99: up')).toMatchObject({
    engine: 'redis',
    place: { socket: '/run/redis.sock', tls: true },
    p99: 'up',
  });
  expect(
    await readAs('engine: clickhouse, run: {pod: {namespace: web, workload: statefulset/events}}'),
  ).toMatchObject({
    engine: 'clickhouse',
    run: { in: 'pod', namespace: 'web', target: { workload: { kind: 'StatefulSet', name: 'events' } } },
  });
  expect(await readAs('engine: cnpg, namespace: shop, cluster: main')).toEqual({
    name: 'shop-db',
    engine: 'cnpg',
    namespace: 'shop',
    cluster: 'main',
  });
});

test('an endpoint of Patroni behind the cluster is one of the Services that may be asked, and no other', async () => {
  const [vps] = (
    await load('engine: patroni, endpoint: {service: {namespace: db, name: patroni, port: 8008}}')
  ).environments;
  expect(servicesOf(vps?.integrations ?? {})).toEqual([
    expect.objectContaining({ via: 'service', namespace: 'db', name: 'patroni', port: '8008' }),
  ]);
});

test.each([
  ['engine: postgres', 'shop-db: needs database for the engine postgres'],
  ['engine: postgres, database: shop, socket: /run/x', 'socket: is no setting of the engine postgres'],
  ['engine: redis, database: shop', 'database: is no setting of the engine redis'],
  ['engine: redis, run: {pod: {namespace: a}}', 'needs workload or name, and not both'],
  ['engine: patroni', 'needs endpoint for the engine patroni'],
  ['engine: patroni, endpoint: "http://db.example.com:8008"', 'anybody on the way can read and change'],
  [
    'engine: patroni, endpoint: "http://127.0.0.1:8008", host: db',
    'host: is no setting of the engine patroni',
  ],
  ['engine: cnpg, cluster: main', 'needs namespace for the engine cnpg'],
  ['engine: cnpg, cluster: main, namespace: shop, run: local', 'run: is no setting of the engine cnpg'],
  ['engine: mysql', 'engine'],
])('%s is refused: %s', async (service, why) => {
  await expect(load(service)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(why),
  });
});

test('a password that is written out is refused, and not said again', async () => {
  const error: unknown = await load('engine: redis, password: "Real-Password-8"').catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('never the value itself'),
  });
  expect(JSON.stringify(error) + String(error)).not.toContain('Real-Password');
});

test('an edit of where a service is changes what a person accepted', async () => {
  const hashOf = async (service: string) => (await load(service)).hash;
  expect(await hashOf('engine: redis, host: a')).toBe(await hashOf('engine: redis, host: a'));
  expect(await hashOf('engine: redis, host: a')).not.toBe(await hashOf('engine: redis, host: b'));
});
