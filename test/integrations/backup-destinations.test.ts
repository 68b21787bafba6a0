import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unsealBy } from '../../src/backups/age.ts';
import { openCopy } from '../../src/backups/open-copy.ts';
import { DirectoryReader } from '../../src/clients/directory/reader.ts';
import { type FakeS3, startFakeS3 } from '../support/fake-s3.ts';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { postgresPrograms, type RealPostgres, startPostgres } from './support/postgres.ts';
import { type ResticServer, startResticServer } from './support/restic-server.ts';
import { isInstalled } from './support/start-program.ts';

const missing = [
  ...(postgresPrograms() === undefined ? ['PostgreSQL'] : []),
  ...['restic', 'rclone', 'age'].filter(program => !isInstalled(program)),
];
const unless = missing.length === 0 ? '' : ` (SKIPPED: ${missing.join(', ')} not installed)`;

let server: RealPostgres;
let store: FakeS3;
let repository: ResticServer;
let dir: string;
let shop: TestVigie;
let identity: string;

function secret(name: string, value: string): string {
  const file = join(dir, name);
  writeFileSync(file, value, { mode: 0o600 });
  return `"file:${file}"`;
}

describe.skipIf(missing.length > 0)(`one backup in three places${unless}`, () => {
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vigie-places-'));
    mkdirSync(join(dir, 'disk'));
    [server, store, repository] = await Promise.all([startPostgres(), startFakeS3(), startResticServer()]);
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 5000)', 'shop');
    identity = await generateIdentity();
    const recipient = await identityToRecipient(identity);
    shop = await startVigie({
      policy: `${allowAgainAndAgain}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk, age: [${recipient}], identity: ${secret('identity', identity)}}
        objects: {s3: {endpoint: "${store.url}", bucket: ${store.bucket}, prefix: prod, accessKey: ${secret('access', store.accessKey)}, secretKey: ${secret('secret', store.secretKey)}}, media: object-store, offSite: true}
        vault: {restic: {repository: "${repository.repository}", password: ${secret('restic', repository.password)}}, media: disk}
      sets:
        shop-db: {engine: postgres, database: shop, dsn: ${secret('dsn', `postgresql://postgres:${server.password}@127.0.0.1:${server.port}/shop`)}, to: [disk, objects, vault]}`,
    });
  });
  afterAll(async () => {
    await shop.stop();
    await Promise.all([store.close(), repository.close()]);
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('an encrypted copy on disk, a plain one in a bucket and one in restic hold the same', async () => {
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.text).toContain('vault: its manifest and database.dump');
    expect(ran.data).toMatchObject({ status: 'done' });
    const [copy = ''] = readdirSync(join(dir, 'disk', 'shop-db'));
    const onDisk = join(dir, 'disk', 'shop-db', copy, 'database.dump');
    const stored = readFileSync(onDisk);
    expect(stored.subarray(0, 21).toString('utf8')).toBe('age-encryption.org/v1');
    const inBucket = store.objects.get(`prod/shop-db/${copy}/database.dump`);
    expect(inBucket?.subarray(0, 5).toString('utf8')).toBe('PGDMP');
    // Whoever restores without Vigie does it with age itself.
    const byAge = execFileSync('age', ['-d', '-i', join(dir, 'identity'), onDisk], {
      maxBuffer: 100_000_000,
    });
    expect(byAge.equals(inBucket ?? Buffer.alloc(0))).toBe(true);
    const reader = new DirectoryReader({ name: 'disk', root: join(dir, 'disk') });
    const opened = await openCopy(reader, { set: 'shop-db', copy, unseal: unsealBy(identity) });
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.open('database.dump')) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(byAge)).toBe(true);
    const other = await openCopy(reader, {
      set: 'shop-db',
      copy,
      unseal: unsealBy(await generateIdentity()),
    });
    await expect(other.open('database.dump')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'COPY_DAMAGED',
    });
    await expect(openCopy(reader, { set: 'shop-db', copy, unseal: undefined })).rejects.toMatchObject({
      code: 'SECRET',
    });
    expect((await shop.call('backups_list', {})).data).toMatchObject({
      sets: [{ copies: 3, threeTwoOne: { holds: true, offSite: ['objects'] } }],
    });
  });

  test('no secret of any destination is in an answer or in the store', async () => {
    const listed = await shop.call('backups_list', { set: 'shop-db' });
    for (const value of [server.password, store.secretKey, repository.password, identity]) {
      expect(JSON.stringify(listed)).not.toContain(value);
      const found = execFileSync('sh', ['-c', `grep -rlF -- '${value}' '${shop.dir}' || true`], {
        encoding: 'utf8',
      });
      expect(found).toBe('');
    }
  });

  test('where one place fails midway the others keep their copy, and the outcome says which', async () => {
    store.fault = ({ method, key }) => (method === 'PUT' && key.endsWith('.dump') ? 500 : undefined);
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.data).toMatchObject({ status: 'unverified' });
    expect(ran.text).toContain('The copy did not get to objects');
    expect(readdirSync(join(dir, 'disk', 'shop-db'))).toHaveLength(2);
    store.fault = () => undefined;
  });
});
