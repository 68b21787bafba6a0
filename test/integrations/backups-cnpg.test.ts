import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backupName } from '../../src/backups/engines/cnpg-backup.ts';
import { thisHolder } from '../../src/backups/holder.ts';
import { type JsonObject, listOf, memberOf, textOf } from '../../src/core/json.ts';
import { backupChecks } from '../../src/desk/checks/backups.ts';
import { backupPrune } from '../../src/pipeline/changes/backup-prune.ts';
import {
  cnpgDefinitions,
  type FakeOperator,
  sourceCluster,
  startFakeOperator,
} from '../support/fake-cnpg.ts';
import { type FakeKubelet, startFakeKubelet } from '../support/fake-kubelet.ts';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

let server: RealPostgres;
let kubelet: FakeKubelet;
let operator: FakeOperator;
let dir: string;
let shop: TestVigie;
/** What `sh` is in a pod: it leads to the database that stands for the pod's own. */
let shell: string[];

const group = '/apis/postgresql.cnpg.io/v1/namespaces/shop';

async function call(method: string, path: string, body?: unknown, contentType = 'application/json') {
  const answer = await fetch(`${shop.sandbox.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${shop.sandbox.token}`, 'content-type': contentType },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as JsonObject };
}

async function namesOf(plural: string): Promise<string[]> {
  const { body } = await call('GET', `${group}/${plural}`);
  return listOf(body, 'items').map(each => textOf(memberOf(each, 'metadata'), 'name'));
}

function leadTo({ dir: socket, port }: RealPostgres): void {
  shell.splice(0, shell.length, 'env', `PGHOST=${socket}`, `PGPORT=${port}`, 'PGUSER=postgres', 'sh');
}

async function start(more = '', cluster: JsonObject = {}): Promise<void> {
  shop = await startVigie({
    policy: `${allowAgainAndAgain}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        shop-db: {engine: cnpg, cluster: shop-db, namespace: shop, to: [disk], stored: {media: object-store, offSite: true}${more}}`,
    kubeconfig: async sandbox => {
      kubelet = await startFakeKubelet({ cluster: sandbox.url, shell });
      return sandbox.kubeconfig().replaceAll(sandbox.url, kubelet.url);
    },
  });
  for (const definition of cnpgDefinitions)
    await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  const made = await call('POST', `${group}/clusters`, sourceCluster(cluster));
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  operator = startFakeOperator(
    ({ method, path, body, contentType }) => call(method, path, body, contentType),
    { collects: true },
  );
  await expect
    .poll(async () => (await call('GET', `${group}/clusters/shop-db`)).body)
    .toMatchObject({ status: { currentPrimary: 'shop-db-1' } });
}

function manifest(): JsonObject {
  const [copy = ''] = readdirSync(join(dir, 'disk', 'shop-db'));
  return JSON.parse(readFileSync(join(dir, 'disk', 'shop-db', copy, 'manifest.json'), 'utf8')) as JsonObject;
}

const named = `backups by a fake of CloudNativePG${unlessNoPostgres()}`;
describe.skipIf(postgresPrograms() === undefined)(named, () => {
  beforeAll(async () => {
    server = await startPostgres({ settings: ['archive_mode=on', 'archive_command=/bin/true'] });
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 100)', 'shop');
  });
  afterAll(() => server.close());
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cnpg-'));
    mkdirSync(join(dir, 'disk'));
    shell = [];
    leadTo(server);
  });
  afterEach(async () => {
    await operator.stop();
    await shop.stop();
    await kubelet.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('a run has the operator make a Backup, and keeps a record that leads to the data', async () => {
    await start(', database: shop');
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.text).toContain('were read back and fit');
    expect(ran.data).toMatchObject({ status: 'done' });
    const [name = ''] = await namesOf('backups');
    expect(name).toMatch(/^vigie-shop-db-\d{8}t\d{6}z-[a-z]{4}$/);
    expect(manifest()).toMatchObject({
      engine: 'cnpg',
      source: {
        backup: name,
        method: 'barmanObjectStore',
        backupId: '20260101T030000',
        storedAt: 's3://backups/',
      },
      contents: {
        how: 'marker',
        items: expect.arrayContaining([
          { name: 'database shop', count: 1 },
          { name: 'table public.orders', count: 1 },
        ]) as unknown,
      },
    });
    const words = JSON.stringify(manifest());
    expect(words).not.toContain('accessKeyId');
  });

  test('a drill recovers a Cluster of its own, looks into it, and takes it away', async () => {
    await start(', database: shop');
    await shop.call('backups_run', { set: 'shop-db' });
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.text).toMatch(
      /is proven: restored on Cluster\/vigie-drill-\S+ on CloudNativePG in namespace shop/,
    );
    expect(drilled.text).toContain('good: the marker that was written to the source before the copy began');
    expect(drilled.data).toMatchObject({ status: 'done' });
    expect(await namesOf('clusters')).toEqual(['shop-db']);
    const listed = await shop.call('backups_list', {});
    expect(listed.data).toMatchObject({ sets: [{ set: 'shop-db', state: 'good' }] });
  });

  test('only the store of the operator counts for 3-2-1, whatever has a record of it', async () => {
    await start();
    await shop.call('backups_run', { set: 'shop-db' });
    const { data } = await shop.call('backups_list', {});
    expect(data).toMatchObject({
      sets: [{ threeTwoOne: { copies: 2, media: ['disk', 'object-store'], offSite: ['the operator'] } }],
    });
  });

  test('a copy whose Backup is gone is no copy, and is told so before a drill', async () => {
    await start();
    await shop.call('backups_run', { set: 'shop-db' });
    const [name = ''] = await namesOf('backups');
    await call('DELETE', `${group}/backups/${name}`);
    const listed = await shop.call('backups_list', {});
    expect(listed.data).toMatchObject({ bad: true, sets: [{ state: 'no copy', copies: 0 }] });
    expect(listed.text).toContain(`it is a record of Backup/${name}, which is gone from the cluster`);
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.data).toMatchObject({ status: 'failed' });
    expect(drilled.text).toContain('COPY_DAMAGED');
    expect(await namesOf('clusters')).toEqual(['shop-db']);
  });

  test('a record whose Backup is gone takes no place of the retention: the last that lives and is proven stays', async () => {
    await start(', removeBackups: true, retention: {last: 1}');
    await shop.call('backups_run', { set: 'shop-db' });
    expect((await shop.call('backups_drill', { set: 'shop-db' })).data).toMatchObject({ status: 'done' });
    const [living = ''] = await namesOf('backups');
    await shop.call('backups_run', { set: 'shop-db' });
    expect((await shop.call('backups_drill', { set: 'shop-db' })).data).toMatchObject({ status: 'done' });
    const gone = (await namesOf('backups')).find(name => name !== living) ?? '';
    await call('DELETE', `${group}/backups/${gone}`);
    const pruned = await shop.call('backups_prune', { set: 'shop-db' });
    expect(pruned.data, pruned.text).toMatchObject({ status: 'nothing_to_do' });
    expect(await namesOf('backups')).toEqual([living]);
    // Without a name the one that lives is taken; all Clusters of the fake have one database, where the newer marker is.
    const [older = ''] = readdirSync(join(dir, 'disk', 'shop-db')).sort();
    expect((await shop.call('backups_drill', { set: 'shop-db' })).text).toContain(`Copy ${older} of shop-db`);
  });

  test('a prune that was shown while a Backup was there is refused once it is gone', async () => {
    await start(', removeBackups: true, retention: {last: 1}');
    await shop.call('backups_run', { set: 'shop-db' });
    await shop.call('backups_run', { set: 'shop-db' });
    const [older, newer] = readdirSync(join(dir, 'disk', 'shop-db')).sort();
    const [environment] = shop.vigie.environments;
    const reach = await environment?.change(new AbortController().signal);
    if (reach === undefined || older === undefined || newer === undefined) throw new Error('there are two');
    const prune = {
      kind: 'backup-prune' as const,
      target: { kind: 'BackupSet', name: 'shop-db' },
      because: 'retention' as const,
      copies: [{ destination: 'disk', copy: older }],
    };
    const preview = await backupPrune.preview(prune, reach);
    await call('DELETE', `${group}/backups/${backupName({ set: 'shop-db', copy: newer })}`);
    const writing = {
      preview: { ...preview, risk: { level: 'high' as const, reasons: [] } },
      beforeWrite: async () => undefined,
      noted: () => undefined,
    };
    await expect(backupPrune.apply(prune, reach, writing)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(readdirSync(join(dir, 'disk', 'shop-db'))).toHaveLength(2);
  });

  test('Backups of others are listed as theirs, and count nowhere', async () => {
    await start();
    await call('POST', `${group}/backups`, {
      apiVersion: 'postgresql.cnpg.io/v1',
      kind: 'Backup',
      metadata: { name: 'nightly-1', labels: { 'cnpg.io/scheduled-backup': 'nightly' } },
      spec: { cluster: { name: 'shop-db' } },
    });
    await expect
      .poll(async () => (await call('GET', `${group}/backups/nightly-1`)).body)
      .toMatchObject({ status: { phase: 'completed' } });
    const all = await shop.call('backups_list', {});
    expect(all.data).toMatchObject({ sets: [{ state: 'no copy', copies: 0 }] });
    expect(all.text).toContain('Backup/nightly-1 (ScheduledBackup/nightly)');
    const one = await shop.call('backups_list', { set: 'shop-db' });
    expect(one.data).toMatchObject({
      copies: [{ copy: 'nightly-1', state: 'operator', by: 'ScheduledBackup/nightly' }],
    });
  });

  test.each([
    ['fails', 'no such bucket'],
    ['is invalid', 'no backup section'],
    ['says too little', 'has no id of what was stored'],
  ] as const)('a Backup that %s leaves no copy, and its own words are told', async (backup, words) => {
    await start();
    operator.plan.backup = backup;
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.data).toMatchObject({ status: 'failed' });
    expect(ran.text).toContain(words);
    expect(ran.text).not.toContain('\u001b');
    expect(readdirSync(join(dir, 'disk', 'shop-db'))).toEqual([]);
  });

  test('a Backup that nobody takes up ends with the time of the set, and says that it goes on', async () => {
    await start(', timeout: 1s');
    operator.plan.backup = 'is not taken up';
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.data).toMatchObject({ status: 'failed' });
    expect(ran.text).toContain('no operator has taken it up');
  });

  test('a Backup that is deleted while it runs is a backup that failed', async () => {
    await start();
    operator.plan.backup = 'goes on';
    const running = shop.call('backups_run', { set: 'shop-db' });
    await expect.poll(() => namesOf('backups')).toHaveLength(1);
    const [name = ''] = await namesOf('backups');
    await call('DELETE', `${group}/backups/${name}`);
    expect((await running).text).toContain('was deleted before the operator had ended it');
    expect(readdirSync(join(dir, 'disk', 'shop-db'))).toEqual([]);
  });

  test('what a run that died had asked for is waited for by the next, and not made twice', async () => {
    await start(', timeout: 1s');
    operator.plan.backup = 'goes on';
    expect((await shop.call('backups_run', { set: 'shop-db' })).data).toMatchObject({ status: 'failed' });
    const [name = ''] = await namesOf('backups');
    operator.plan.backup = 'completes';
    // The operator is done with it before the next run asks, or while that waits: either way there is one that is kept.
    operator.plan.backup = 'goes on';
    const running = shop.call('backups_run', { set: 'shop-db' });
    await expect.poll(() => kubelet.execs.length).toBeGreaterThan(2);
    operator.plan.backup = 'completes';
    expect((await running).data).toMatchObject({ status: 'done' });
    expect(await namesOf('backups')).toEqual([name]);
    expect(manifest()).toMatchObject({ source: { backup: name } });
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.data).toMatchObject({ status: 'done' });
  });

  test('a Backup that somebody else planted with our label is left alone, and the run makes its own', async () => {
    await start(', timeout: 5s');
    operator.plan.backup = 'is not taken up';
    const planted = await call('POST', `${group}/backups`, {
      apiVersion: 'postgresql.cnpg.io/v1',
      kind: 'Backup',
      metadata: {
        name: 'evil',
        labels: { 'vigie.dev/set': 'shop-db', 'vigie.dev/copy': '20260101T030000Z-abcd' },
        annotations: { 'vigie.dev/marker': 'of-another', 'vigie.dev/code': '0'.repeat(64) },
      },
      spec: { cluster: { name: 'shop-db' }, method: 'barmanObjectStore' },
    });
    expect(planted.status).toBe(201);
    const running = shop.call('backups_run', { set: 'shop-db' });
    await expect.poll(() => namesOf('backups'), { timeout: 5_000 }).toHaveLength(2);
    const made = (await namesOf('backups')).find(name => name !== 'evil') ?? '';
    const say = (name: string, backupId: string) =>
      call(
        'PATCH',
        `${group}/backups/${name}/status`,
        { status: { phase: 'completed', backupId, stoppedAt: new Date().toISOString() } },
        'application/merge-patch+json',
      );
    await say('evil', 'OLD-2020');
    await say(made, 'NEW-2026');
    expect((await running).data).toMatchObject({ status: 'done' });
    expect(manifest()).toMatchObject({ source: { backup: made, backupId: 'NEW-2026' } });
  });

  test('a pod that is not of the Cluster is not asked, whatever its status names', async () => {
    await start(', database: shop');
    await shop.call('backups_run', { set: 'shop-db' });
    operator.plan.primary = 'shop-db-1';
    const asked = kubelet.execs.length;
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.data).toMatchObject({ status: 'failed' });
    expect(drilled.text).toContain(
      'names shop-db-1 as its primary, which is a pod that does not belong to it',
    );
    expect(kubelet.execs.length).toBe(asked);
    expect((await shop.call('backups_list', {})).data).toMatchObject({ sets: [{ state: 'good' }] });
  });

  test('a value that stands in the Cluster itself goes into no copy, and is said before', async () => {
    await start('', {
      env: [
        { name: 'AWS_SECRET_ACCESS_KEY', value: 'Inline-Env-Secret-991' },
        { name: 'AWS_REGION', valueFrom: { configMapKeyRef: { name: 'aws', key: 'region' } } },
      ],
    });
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.text).toContain('Values of AWS_SECRET_ACCESS_KEY stand in spec.env of Cluster/shop-db');
    expect(manifest()).toMatchObject({ source: { 'left out': 'values of spec.env: AWS_SECRET_ACCESS_KEY' } });
    const [copy = ''] = readdirSync(join(dir, 'disk', 'shop-db'));
    const record = readFileSync(join(dir, 'disk', 'shop-db', copy, 'backup.json'), 'utf8');
    expect(record).not.toContain('Inline-Env-Secret');
    expect(record).toContain('AWS_REGION');
  });

  test.each([['is unrecoverable', 'cannot be recovered']] as const)(
    'a drill whose Cluster %s says that the copy is not good, and leaves nothing',
    async (cluster, words) => {
      await start();
      await shop.call('backups_run', { set: 'shop-db' });
      operator.plan.cluster = cluster;
      const drilled = await shop.call('backups_drill', { set: 'shop-db' });
      expect(drilled.text).toContain('is NOT good');
      expect(drilled.text).toContain(words);
      expect(await namesOf('clusters')).toEqual(['shop-db']);
      expect((await shop.call('backups_list', {})).data).toMatchObject({ sets: [{ state: 'no copy' }] });
    },
  );

  test.each([
    ['is invalid', 'no image'],
    ['is not taken up', 'no operator has taken it up'],
    ['goes on', 'Setting up primary'],
  ] as const)('a drill whose Cluster %s says nothing about the copy', async (cluster, words) => {
    await start(', timeout: 1s');
    await shop.call('backups_run', { set: 'shop-db' });
    operator.plan.cluster = cluster;
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.data).toMatchObject({ status: 'failed' });
    expect(drilled.text).toContain(words);
    expect(await namesOf('clusters')).toEqual(['shop-db']);
    expect((await shop.call('backups_list', {})).data).toMatchObject({ sets: [{ state: 'good' }] });
  });

  test('a Cluster that recovered another moment, without the marker, does not pass', async () => {
    await start();
    await shop.call('backups_run', { set: 'shop-db' });
    server.sql("ALTER ROLE postgres SET vigie.marker_shop_db = 'another'");
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.data).toMatchObject({ status: 'failed' });
    expect(drilled.text).toContain('BAD: the marker that was written to the source before the copy began');
  });

  test('a drill asks for a Cluster like its source that writes to no archive', async () => {
    await start();
    await shop.call('backups_run', { set: 'shop-db' });
    operator.plan.cluster = 'goes on';
    const running = shop.call('backups_drill', { set: 'shop-db' });
    await expect.poll(() => namesOf('clusters')).toHaveLength(2);
    const { body } = await call('GET', `${group}/clusters`);
    const made = listOf(body, 'items').find(each => textOf(memberOf(each, 'metadata'), 'name') !== 'shop-db');
    const [backup = ''] = await namesOf('backups');
    expect(made?.['spec']).toEqual({
      instances: 1,
      enablePDB: false,
      enableSuperuserAccess: false,
      imageName: 'postgresql:15.18',
      storage: { size: '10Gi', storageClass: 'fast' },
      resources: { requests: { cpu: '500m', memory: '1Gi' } },
      postgresql: { parameters: { max_connections: '200' } },
      bootstrap: {
        recovery: {
          backup: { name: backup },
          recoveryTarget: { targetImmediate: true, backupID: '20260101T030000' },
        },
      },
    });
    operator.plan.cluster = 'recovers';
    expect((await running).data).toMatchObject({ status: 'done' });
  });

  test('what a drill that died left is said by the next one, which removes it; one that lives is let be', async () => {
    await start();
    await shop.call('backups_run', { set: 'shop-db' });
    const left = (name: string, holder: string): object => ({
      apiVersion: 'postgresql.cnpg.io/v1',
      kind: 'Cluster',
      metadata: {
        name,
        labels: { 'vigie.dev/set': 'shop-db', 'vigie.dev/drill': 'some-copy' },
        annotations: { 'vigie.dev/holder': holder, 'vigie.dev/until': '2999-01-01T00:00:00Z' },
      },
      spec: { instances: 1 },
    });
    await call('POST', `${group}/clusters`, left('vigie-drill-dead', thisHolder().replace(/\/\d+\//, '/1/')));
    await call('POST', `${group}/clusters`, left('vigie-drill-alive', thisHolder()));
    await call('POST', `${group}/clusters`, left('vigie-drill-elsewhere', 'other/boot/1/1'));
    const said: string[] = [];
    const [environment] = shop.vigie.environments;
    if (environment === undefined) throw new Error('there is one');
    const { signal } = new AbortController();
    for await (const { what } of backupChecks(environment, { signal, readOnly: false })) said.push(what);
    expect(said.join('\n')).toContain('Cluster/shop-db answers, PostgreSQL');
    expect(said.join('\n')).toContain('Cluster/vigie-drill-dead is left of a drill that died');
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.text).toContain('Cluster/vigie-drill-dead is left of a drill that died');
    expect(await namesOf('clusters')).toEqual(['shop-db', 'vigie-drill-alive', 'vigie-drill-elsewhere']);
  });

  test('a restore makes a Cluster of that name, and an undo takes it away while nobody wrote to it', async () => {
    await start();
    await shop.call('backups_run', { set: 'shop-db' });
    const restored = await shop.call('backups_restore', { set: 'shop-db', into: 'shop-again' });
    expect(restored.text).toMatch(/was restored into Cluster\/shop-again in shop in \d+ s/);
    expect(restored.data).toMatchObject({ status: 'done' });
    expect(restored.text).toContain(
      'It will ask the cluster for cpu 500m, memory 1Gi, volumes: data 10Gi of class fast.',
    );
    const again = await shop.call('backups_restore', { set: 'shop-db', into: 'shop-again' });
    expect(again.text).toContain('exists already, and nothing is restored over it unasked');
    const over = await shop.call('backups_restore', { set: 'shop-db', into: 'shop-db', overwrite: true });
    expect(over.text).toContain('is restored into a new place, and over nothing');
    const undone = await shop.call('changes_undo', { id: restored.data['id'] });
    expect(undone.data).toMatchObject({ status: 'done' });
    expect(await namesOf('clusters')).toEqual(['shop-db']);
  });

  test('a restored Cluster that somebody wrote to stays, and why is told', async () => {
    await start();
    await shop.call('backups_run', { set: 'shop-db' });
    const restored = await shop.call('backups_restore', { set: 'shop-db', into: 'shop-again' });
    server.sql('CREATE TABLE IF NOT EXISTS written (id int); INSERT INTO written VALUES (1)', 'shop');
    const undone = await shop.call('changes_undo', { id: restored.data['id'] });
    expect(undone.text).toMatch(/was written to since it was restored: \d+ transactions wrote to it/);
    expect(await namesOf('clusters')).toEqual(['shop-again', 'shop-db']);
  });

  test('a moment is recovered to by its time, and one that no archived WAL reaches is refused', async () => {
    await start();
    await shop.call('backups_run', { set: 'shop-db' });
    server.sql('SELECT pg_switch_wal()');
    const archived = (): string =>
      server.sql(`SELECT to_char(last_archived_time AT TIME ZONE 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') FROM pg_stat_archiver`);
    await expect.poll(() => archived() > textOf(memberOf(manifest(), 'contents'), 'at')).toBe(true);
    const early = await shop.call('backups_restore', {
      set: 'shop-db',
      into: 'shop-again',
      pointInTime: '2020-01-01T00:00:00Z',
    });
    expect(early.text).toContain('is outside');
    await expect.poll(() => new Date().toISOString() > archived()).toBe(true);
    const late = await shop.call('backups_restore', {
      set: 'shop-db',
      into: 'shop-again',
      pointInTime: new Date().toISOString(),
    });
    expect(late.text).toContain('WAL of Cluster/shop-db is archived until');
    const moment = archived();
    const restored = await shop.call('backups_restore', {
      set: 'shop-db',
      into: 'shop-again',
      pointInTime: moment,
    });
    expect(restored.data).toMatchObject({ status: 'unverified' });
    const { body } = await call('GET', `${group}/clusters/shop-again`);
    expect(memberOf(memberOf(memberOf(body, 'spec'), 'bootstrap'), 'recovery')).toMatchObject({
      recoveryTarget: { targetTime: moment, backupID: '20260101T030000' },
    });
  });

  test('the undo of a run takes its record away, and says who decides about the data', async () => {
    await start();
    const kept = await shop.call('backups_run', { set: 'shop-db' });
    expect(kept.data).toMatchObject({ status: 'done' });
    const second = await shop.call('backups_run', { set: 'shop-db' });
    const undone = await shop.call('changes_undo', { id: second.data['id'] });
    expect(undone.text).toContain('the retentionPolicy of the Cluster decides');
    expect(undone.data).toMatchObject({ status: 'done' });
    expect(await namesOf('backups')).toHaveLength(2);
    expect(readdirSync(join(dir, 'disk', 'shop-db'))).toHaveLength(1);
  });

  test('with removeBackups the Backup goes too, and no other', async () => {
    await start(', removeBackups: true');
    await shop.call('backups_run', { set: 'shop-db' });
    const [first = ''] = await namesOf('backups');
    const second = await shop.call('backups_run', { set: 'shop-db' });
    expect(await namesOf('backups')).toHaveLength(2);
    await shop.call('changes_undo', { id: second.data['id'] });
    await expect.poll(() => namesOf('backups')).toEqual([first]);
  });

  test('where the primary cannot be asked nothing is begun, and without a cluster of that name neither', async () => {
    await start();
    shell.splice(0, shell.length, 'env', 'PGHOST=/nowhere', 'PGUSER=postgres', 'sh');
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.data).toMatchObject({ status: 'failed' });
    expect(await namesOf('backups')).toEqual([]);
    await call('DELETE', `${group}/clusters/shop-db`);
    const gone = await shop.call('backups_run', { set: 'shop-db' });
    expect(gone.text).toContain('There is no Cluster/shop-db in shop');
  });

  test('a kill switch stops what is not written yet, also the end of a drill, and the next drill tidies up', async () => {
    await start();
    await shop.call('backups_run', { set: 'shop-db' });
    operator.plan.cluster = 'goes on';
    const running = shop.call('backups_drill', { set: 'shop-db' });
    await expect.poll(() => namesOf('clusters')).toHaveLength(2);
    const store = await shop.vigie.store();
    await store.settings.setKillSwitch({
      on: true,
      by: 'alice',
      why: 'a test',
      audit: { event: 'kill_switch_on', facts: { by: 'alice' } },
    });
    operator.plan.cluster = 'recovers';
    const drilled = await running;
    expect(drilled.data).toMatchObject({ status: 'failed' });
    expect(await namesOf('clusters')).toHaveLength(2);
  });
});
