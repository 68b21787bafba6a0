import { createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyKey, signDocument } from '../../src/backups/copy-signature.ts';
import { drillName, newCopyId } from '../../src/core/copy.ts';
import { backupChecks } from '../../src/desk/checks/backups.ts';
import { allowAgainAndAgain, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

// Two installations that share a folder, and whoever else may write there.

let dir: string;
const running: TestVigie[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'no-'));
  for (const folder of ['disk', 'second']) mkdirSync(join(dir, folder));
  sqlite('live.db', [1, 2, 3]);
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
  rmSync(dir, { recursive: true, force: true });
});

function sqlite(name: string, ids: readonly number[]): void {
  const live = new Database(join(dir, name));
  live.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY)');
  for (const id of ids) live.prepare('INSERT INTO orders VALUES (?)').run(id);
  live.close();
}

async function start({ more = '', signing }: { more?: string; signing?: string } = {}): Promise<TestVigie> {
  const vigie = await startVigie({
    policy: `${allowAgainAndAgain}
    backups:${signing === undefined ? '' : `\n      signing: ${signing}`}
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
        second: {directory: ${join(dir, 'second')}, media: tape, offSite: true}
      sets:
        data: {engine: sqlite, path: ${join(dir, 'live.db')}, to: [disk]${more}}
        other: {engine: sqlite, path: ${join(dir, 'live.db')}, to: [disk]}
        both: {engine: sqlite, path: ${join(dir, 'live.db')}, to: [disk, second]}`,
  });
  running.push(vigie);
  return vigie;
}

async function ranCopy(vigie: TestVigie, set = 'data'): Promise<string> {
  expect((await vigie.call('backups_run', { set })).data).toMatchObject({ status: 'done' });
  return (
    readdirSync(join(dir, 'disk', set))
      .filter(name => /Z-[a-z]{4}$/.test(name))
      .sort()
      .at(-1) ?? ''
  );
}

const manifestOf = (set: string, copy: string, at = 'disk'): string =>
  join(dir, at, set, copy, 'manifest.json');

/** What anybody who may write there can make: a whole copy of another database, with a report that it is proven. */
function plant({ signature = '' } = {}): string {
  sqlite('evil.db', [666]);
  const copy = newCopyId(new Date());
  const bytes = readFileSync(join(dir, 'evil.db'));
  const part = {
    name: 'database.sqlite',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
  const at = new Date().toISOString();
  const common = { version: 1, set: 'data', copy };
  const manifest = `${JSON.stringify({
    ...common,
    engine: 'sqlite',
    startedAt: at,
    finishedAt: at,
    parts: [part],
    encryption: 'none',
    contents: { how: 'snapshot', at, items: [] },
    source: {},
    tools: {},
  }).slice(0, -1)}${signature}}\n`;
  const report = {
    ...common,
    manifest: createHash('sha256').update(manifest).digest('hex'),
    at,
    passed: true,
    tookMs: 1,
    checks: [],
    where: 'nowhere',
    tools: {},
  };
  const folder = join(dir, 'disk', 'data', copy);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'database.sqlite'), bytes);
  writeFileSync(join(folder, 'manifest.json'), manifest);
  writeFileSync(join(folder, drillName(new Date())), JSON.stringify(report));
  return copy;
}

async function stateOf(vigie: TestVigie, copy: string, set = 'data'): Promise<unknown> {
  const { data } = await vigie.call('backups_list', { set });
  const copies: unknown = data['copies'];
  return Array.isArray(copies) ? copies.find((each: { copy?: string }) => each.copy === copy) : undefined;
}

describe('a copy that somebody planted', () => {
  test('counts nowhere: it is not good, not proven, not the default, and pushes none of ours out', async () => {
    const vigie = await start({ more: ', retention: {last: 1}' });
    const ours = await ranCopy(vigie);
    const planted = plant();
    expect(await stateOf(vigie, planted)).toEqual({
      copy: planted,
      destination: 'disk',
      state: 'unsigned',
      why: 'nobody signed it',
      bytes: expect.any(Number),
    });
    const { data, text } = await vigie.call('backups_list', {});
    expect(data['sets']).toMatchObject([{ set: 'data', newest: ours, copies: 1, notOurs: 1 }, {}, {}]);
    expect(JSON.stringify(data)).not.toContain('provenAt');
    expect(text).toContain(`data: NOT OURS at disk: ${planted}: nobody signed it`);
    expect((await vigie.call('backups_prune', { set: 'data' })).data).toMatchObject({
      status: 'nothing_to_do',
    });
    const into = join(dir, 'again');
    expect((await vigie.call('backups_restore', { set: 'data', into })).text).toContain(
      `Copy ${ours} of data`,
    );
  });

  test('alone is no copy: neither restored nor drilled unnamed, and not where another signature is made up', async () => {
    const vigie = await start();
    const key = 'ab'.repeat(8);
    const planted = plant({
      signature: `,\n "mac": {"key": "${key}", "environment": "test", "hmacSha256": "${'0'.repeat(64)}"}\n`,
    });
    expect(await stateOf(vigie, planted)).toMatchObject({
      state: 'foreign',
      why: `it is signed with another key (${key})`,
    });
    for (const tool of ['backups_drill', 'backups_restore']) {
      const input = tool === 'backups_drill' ? { set: 'data' } : { set: 'data', into: join(dir, 'again') };
      expect((await vigie.call(tool, input)).data).toMatchObject({ code: 'COPY_DAMAGED' });
    }
    expect(existsSync(join(dir, 'again'))).toBe(false);
  });

  test('named in an approval is that one alone: another in its place is not taken', async () => {
    const vigie = await start();
    const copy = plant();
    const { backupRestore } = await import('../../src/pipeline/changes/backup-restore.ts');
    const change = {
      kind: 'backup-restore' as const,
      does: 'restore' as const,
      target: { kind: 'BackupSet', name: 'data' },
      destination: 'disk',
      copy,
      accepts: createHash('sha256')
        .update(readFileSync(manifestOf('data', copy)))
        .digest('hex'),
      into: join(dir, 'again'),
      drawn: 'abcd2345',
    };
    const reach = await (vigie.vigie.environments[0] ?? fail()).change(new AbortController().signal);
    await expect(backupRestore.preview(change, reach)).resolves.toMatchObject({ operation: 'create' });
    writeFileSync(
      manifestOf('data', copy),
      readFileSync(manifestOf('data', copy), 'utf8').replace('{}', '{ }'),
    );
    await expect(backupRestore.preview(change, reach)).rejects.toMatchObject({ code: 'COPY_DAMAGED' });
    const { accepts: _, ...ours } = change;
    await expect(backupRestore.preview(ours, reach)).rejects.toMatchObject({ code: 'COPY_DAMAGED' });
  });

  test('is told of by doctor, with what to do', async () => {
    const vigie = await start();
    const copy = plant();
    const lines = [];
    for await (const line of backupChecks(vigie.vigie.environments[0] ?? fail(), {
      signal: new AbortController().signal,
      readOnly: true,
    }))
      lines.push(line);
    expect(lines).toContainEqual({
      area: 'test',
      state: 'note',
      what: `set data: 1 copy counts for nothing at disk, the newest ${copy}: nobody signed it`,
      todo: 'If they were made before copies were signed, make another and drill it; else find out who may write there.',
    });
  });
});

describe('a copy of ours', () => {
  test('put under another set, or changed in one word, is damaged', async () => {
    const vigie = await start();
    const copy = await ranCopy(vigie);
    cpSync(join(dir, 'disk', 'data', copy), join(dir, 'disk', 'other', copy), { recursive: true });
    expect(await stateOf(vigie, copy, 'other')).toMatchObject({
      state: 'damaged',
      why: expect.stringContaining('is not what was signed with our key'),
    });
    const manifest = manifestOf('data', copy);
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"count": 3', '"count": 2'));
    expect(await stateOf(vigie, copy)).toMatchObject({ state: 'damaged' });
  });

  test('carried to another destination is signed there too, and one taken there by hand stays ours', async () => {
    const vigie = await start();
    const copy = await ranCopy(vigie, 'both');
    expect(readFileSync(manifestOf('both', copy), 'utf8')).toBe(
      readFileSync(manifestOf('both', copy, 'second'), 'utf8'),
    );
    expect((await vigie.call('backups_list', {})).data['sets']).toMatchObject([
      {},
      {},
      { set: 'both', copies: 2, threeTwoOne: { holds: true } },
    ]);
  });

  test('is proven by our report alone: one that somebody wrote neither proves nor fails it', async () => {
    const vigie = await start();
    const copy = await ranCopy(vigie);
    const report = {
      version: 1,
      set: 'data',
      copy,
      manifest: createHash('sha256')
        .update(readFileSync(manifestOf('data', copy)))
        .digest('hex'),
      at: '2026-01-02T00:00:00.000Z',
      passed: false,
      tookMs: 1,
      checks: [],
      where: '',
      tools: {},
    };
    const forged = join(dir, 'disk', 'data', copy, drillName(new Date('2099-01-01')));
    for (const passed of [false, true]) {
      writeFileSync(forged, JSON.stringify({ ...report, passed }));
      expect(await stateOf(vigie, copy)).toEqual({
        copy,
        destination: 'disk',
        state: 'good',
        bytes: expect.any(Number),
      });
    }
    expect((await vigie.call('backups_drill', { set: 'data' })).data).toMatchObject({ status: 'done' });
    expect(await stateOf(vigie, copy)).toMatchObject({ state: 'good', drill: { passed: true } });
  });
});

describe('a drill that failed', () => {
  const reportsOf = (copy: string): string[] =>
    readdirSync(join(dir, 'disk', 'data', copy))
      .filter(name => name.startsWith('drill-'))
      .sort();

  test('is not hidden by newer files: neither by what somebody wrote, nor by older reports of ours under newer names', async () => {
    const vigie = await start();
    const copy = await ranCopy(vigie);
    const folder = join(dir, 'disk', 'data', copy);
    expect((await vigie.call('backups_drill', { set: 'data' })).data).toMatchObject({ status: 'done' });
    const [passed = ''] = reportsOf(copy);
    const report = readFileSync(join(folder, passed), 'utf8');
    const hourAgo = new Date(Date.now() - 3_600_000);
    const body = { ...JSON.parse(report), at: hourAgo.toISOString(), passed: false };
    const { mac: _, ...failed } = body;
    const signs = copyKey((await vigie.vigie.keys()).copies);
    const of = { what: 'report' as const, environment: 'test', set: 'data', copy };
    rmSync(join(folder, passed));
    writeFileSync(join(folder, drillName(hourAgo)), signDocument(JSON.stringify(failed), { signs, of }));
    expect(await stateOf(vigie, copy)).toMatchObject({ state: 'failed' });
    for (let minute = 1; minute <= 40; minute += 1) {
      const file = join(folder, drillName(new Date(hourAgo.getTime() + minute * 60_000)));
      if (minute % 4 === 0) writeFileSync(file, report);
      else if (minute % 4 === 1) writeFileSync(file, JSON.stringify({ ...failed, passed: true }));
      else if (minute % 4 === 2) mkdirSync(file);
      else writeFileSync(file, 'x'.repeat(5 * 1024 * 1024));
    }
    for (let day = 1; day <= 60; day += 1)
      writeFileSync(join(folder, drillName(new Date(Date.now() + day * 86_400_000))), '{}');
    expect(await stateOf(vigie, copy)).toMatchObject({ state: 'failed' });
  });
});

describe('a machine with another key', () => {
  test("counts no copy of the first one's, until both are led to one key", async () => {
    const first = await start();
    const copy = await ranCopy(first);
    const second = await start();
    expect(await stateOf(second, copy)).toMatchObject({
      state: 'foreign',
      why: expect.stringMatching(/^it is signed with another key \([0-9a-f]{16}\)$/),
    });

    const key = join(dir, 'signing.key');
    const secret = randomBytes(32).toString('base64');
    writeFileSync(key, `${secret}\n`, { mode: 0o600 });
    const one = await start({ signing: `file:${key}` });
    const shared = await ranCopy(one);
    const two = await start({ signing: `file:${key}` });
    expect(await stateOf(two, shared)).toMatchObject({ state: 'good' });
    expect(await stateOf(second, shared)).toMatchObject({ state: 'foreign' });
    const afterwards = await second.call('backups_list', { set: 'data' });
    expect(afterwards.text).toContain(`vigie backups drill data --copy ${shared} -e test`);
    expect(afterwards.text).not.toContain('vigie backups run');
    const unnamed = await second.call('backups_restore', { set: 'data', into: join(dir, 'unnamed') });
    expect(unnamed.data).toMatchObject({
      code: 'COPY_DAMAGED',
      hint: expect.stringContaining(`--copy ${shared}`),
    });
    const { text, data } = await two.call('backups_list', { set: 'data' });
    expect(text + JSON.stringify(data)).not.toContain(secret);
    expect(readFileSync(manifestOf('data', shared), 'utf8')).not.toContain(secret);
  });

  test('drills and restores one by its name, is told first that it is not ours, and counts it no more than before', async () => {
    const first = await start();
    const copy = await ranCopy(first);
    expect((await first.call('backups_drill', { set: 'data' })).data).toMatchObject({ status: 'done' });
    const second = await start();
    const into = join(dir, 'again');
    const refused = await second.call('backups_restore', { set: 'data', into });
    expect(refused.data).toMatchObject({ code: 'COPY_DAMAGED' });
    expect(refused.text).toContain('is foreign: it is signed with another key');
    const warning = /Warning: NOT OURS: it is signed with another key \([0-9a-f]{16}\), so whoever may write/;
    const drilled = await second.call('backups_drill', { set: 'data', copy });
    expect(drilled.data).toMatchObject({ status: 'done' });
    expect(drilled.text).toMatch(warning);
    const restored = await second.call('backups_restore', { set: 'data', copy, into });
    expect(restored.data).toMatchObject({ status: 'done' });
    expect(restored.text).toMatch(warning);
    expect(existsSync(join(into, 'database.sqlite'))).toBe(true);
    const { data } = await second.call('backups_list', {});
    expect(data['sets']).toMatchObject([{ set: 'data', copies: 0, notOurs: 1, state: 'no copy' }, {}, {}]);
    expect(JSON.stringify(data)).not.toContain('provenAt');
    expect((await second.call('changes_undo', { id: idOf(restored) })).data).toMatchObject({
      status: 'done',
    });
  });

  test('that is given the key file of a machine which is lost has its copies again', async () => {
    const lost = await start();
    const copy = await ranCopy(lost);
    const key = join(dir, 'lost.key');
    writeFileSync(key, readFileSync(keyFileOf(lost)), { mode: 0o600 });
    const next = await start({ signing: `file:${key}` });
    expect(await stateOf(next, copy)).toMatchObject({ state: 'good' });
    expect(await stateOf(next, await ranCopy(next))).toMatchObject({ state: 'good' });
  });

  test('says what is wrong with a key that is none, and quotes nothing of it', async () => {
    writeFileSync(join(dir, 'signing.key'), 'Not-A-Key-41\n', { mode: 0o600 });
    const vigie = await start({ signing: `file:${join(dir, 'signing.key')}` });
    const { data, text } = await vigie.call('backups_run', { set: 'data' });
    expect(data).toMatchObject({ code: 'SECRET', hint: expect.stringContaining('32 random bytes') });
    expect(text).not.toContain('Not-A-Key-41');
  });
});

function keyFileOf({ vigie }: TestVigie): string {
  return join(vigie.place.home, 'keys', 'installation.key');
}

function fail(): never {
  throw new Error('there is no environment');
}
