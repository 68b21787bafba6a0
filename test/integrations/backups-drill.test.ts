import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exitStatusOf } from '../../src/cli/exit-status.ts';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

let server: RealPostgres;
let dir: string;
let shop: TestVigie;

describe.skipIf(postgresPrograms() === undefined)(`drills of a real PostgreSQL${unlessNoPostgres()}`, () => {
  beforeAll(async () => {
    server = await startPostgres();
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 5000)', 'shop');
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'drills-'));
    for (const name of ['disk', 'scratch']) mkdirSync(join(dir, name));
    // The server is not run as root, and must get to its folder.
    chmodSync(dir, 0o711);
    chmodSync(join(dir, 'scratch'), 0o711);
    writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
    shop = await startVigie({
      policy: `${allowAgainAndAgain}
    secrets: {shop-password: "file:${join(dir, 'password')}"}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        shop-db: {engine: postgres, database: shop, host: 127.0.0.1, port: ${server.port}, user: postgres, password: shop-password, to: [disk], scratch: ${join(dir, 'scratch')}}`,
    });
    await shop.call('backups_run', { set: 'shop-db' });
  });
  afterEach(async () => {
    await shop.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('a drill proves the newest copy, keeps its report beside it, and the list says so', async () => {
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.data).toMatchObject({ status: 'done' });
    expect(drilled.text).toMatch(/is proven: restored on PostgreSQL \d+/);
    expect(drilled.text).toMatch(/Recovery time [\d.]+ s; recovery point 20\d\d-/);
    const [copy = ''] = readdirSync(join(dir, 'disk', 'shop-db'));
    const [report = ''] = readdirSync(join(dir, 'disk', 'shop-db', copy)).filter(name =>
      name.startsWith('drill-'),
    );
    expect(JSON.parse(readFileSync(join(dir, 'disk', 'shop-db', copy, report), 'utf8'))).toMatchObject({
      passed: true,
    });
    const listed = await shop.call('backups_list', {});
    expect(listed.text).not.toContain('never restored and proven');
    expect(readdirSync(join(dir, 'scratch'))).toEqual([]);
  });

  test('a damaged copy is a drill that failed: the answer and the report name the part', async () => {
    const [copy = ''] = readdirSync(join(dir, 'disk', 'shop-db'));
    const path = join(dir, 'disk', 'shop-db', copy, 'database.dump');
    const bytes = readFileSync(path);
    bytes.fill(0x5a, bytes.length - 40, bytes.length - 32);
    writeFileSync(path, bytes);
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.data).toMatchObject({ status: 'failed' });
    expect(drilled.text).toContain('part database.dump');
    expect(drilled.text).toContain('NOT good');
    const reports = readdirSync(join(dir, 'disk', 'shop-db', copy)).filter(name => name.startsWith('drill-'));
    expect(reports).toHaveLength(1);
    expect(readdirSync(join(dir, 'scratch'))).toEqual([]);
    const listed = await shop.call('backups_list', { set: 'shop-db' });
    expect(listed.data).toMatchObject({
      bad: true,
      sets: [{ verdict: 'bad', state: 'no copy', copies: 0, next: 'vigie backups run shop-db -e test' }],
      copies: [{ copy, destination: 'disk', state: 'failed', drill: { passed: false } }],
    });
    expect(listed.text).toContain('shop-db: BAD: there is no good copy');
    expect(exitStatusOf(listed)).toBe(5);
    const restored = await shop.call('backups_restore', { set: 'shop-db', into: 'again' });
    expect(restored.data).toMatchObject({ code: 'COPY_DAMAGED' });
    expect(restored.text).toContain('FAILED');
    expect((await shop.call('backups_drill', { set: 'shop-db', copy })).data).toMatchObject({
      status: 'failed',
    });
  });

  test('a set is bad until a copy is proven, and then good', async () => {
    const before = await shop.call('backups_list', {});
    expect(before.data).toMatchObject({
      bad: true,
      sets: [{ verdict: 'bad', next: 'vigie backups drill shop-db -e test' }],
    });
    expect(before.text).toContain('Next: vigie backups drill shop-db -e test');
    await shop.call('backups_drill', { set: 'shop-db' });
    const after = await shop.call('backups_list', {});
    expect(after.data).toMatchObject({ bad: false, sets: [{ verdict: 'good' }] });
    expect(exitStatusOf(after)).toBe(0);
  });

  test('what a killed drill left, the next one takes away', async () => {
    mkdirSync(join(dir, 'scratch', 'vigie-scratch-7-1-00000000'));
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.data).toMatchObject({ status: 'done' });
    expect(readdirSync(join(dir, 'scratch'))).toEqual([]);
  });
});
