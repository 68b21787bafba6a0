import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type JsonObject, objectsIn, textOf, textsIn } from '../../src/core/json.ts';
import { type FakeKubelet, startFakeKubelet } from '../support/fake-kubelet.ts';
import { allowAgainAndAgain, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { makeRepository, repositoryAt, type TestRepository } from './support/restic-repository.ts';
import { startResticServer } from './support/restic-server.ts';
import { startMoto } from './support/s3.ts';
import { isInstalled, unlessMissing } from './support/start-program.ts';

let dir: string;
let shop: TestVigie;
let vault: TestRepository;

interface Places {
  /** The repository of the destination vault. */
  vault?: string;
  /** More of that destination. */
  vaultMore?: string;
  /** More of the set. */
  more?: string;
  to?: string;
  kubeconfig?: Parameters<typeof startVigie>[0] & {};
}

async function start({
  vault: at = join(dir, 'vault'),
  vaultMore = '',
  more = '',
  to = 'vault',
  kubeconfig,
}: Places = {}): Promise<void> {
  shop = await startVigie({
    ...kubeconfig,
    policy: `${allowAgainAndAgain}
    secrets: {vault-password: "file:${join(dir, 'password')}"}
    backups:
      destinations:
        vault: {restic: {repository: "${at}", password: vault-password${vaultMore}}, media: object-store}
        second: {restic: {repository: "${join(dir, 'second')}", password: vault-password}, media: tape, offSite: true}
      sets:
        uploads: {engine: files, paths: [${join(dir, 'uploads')}], to: [${to}], scratch: ${join(dir, 'scratch')}${more}}`,
  });
}

const run = () => shop.call('backups_run', { set: 'uploads' });
const drill = (more = {}) => shop.call('backups_drill', { set: 'uploads', ...more });

/** Snapshots of trees, the oldest first. */
function treesIn(repository: TestRepository): JsonObject[] {
  return objectsIn(JSON.parse(repository.run('snapshots', '--json', '--tag', 'part=tree')));
}

/** Of all files that a repository in a folder has. */
function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    const file = statSync(join(folder, name));
    return file.isFile() ? sum + file.size : sum;
  }, 0);
}

describe.skipIf(!isInstalled('restic'))(`files by a real restic${unlessMissing('restic')}`, () => {
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'files-'));
    for (const name of ['uploads', 'scratch', 'uploads/deep']) mkdirSync(join(dir, name));
    vault = makeRepository(dir, 'vault');
    writeFileSync(join(dir, 'password'), vault.password, { mode: 0o600 });
    writeFileSync(join(dir, 'uploads', 'a.txt'), 'first');
    writeFileSync(join(dir, 'uploads', 'deep', 'b*.txt'), 'second');
  });
  afterEach(async () => {
    await shop.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('a folder is backed up, proven and restored, whole and one file alone, into new folders, and an undo takes them away', async () => {
    await start();
    const ran = await run();
    expect(ran.text).toContain('its tree stands there by its hash');
    expect(ran.data).toMatchObject({ status: 'done' });
    const drilled = await drill();
    expect(drilled.data).toMatchObject({ status: 'done' });
    expect(drilled.text).toContain('good: the marker that was written to the source before the copy began');
    expect(drilled.text).toContain('against the files as they were read (1 items fit)');
    expect(readdirSync(join(dir, 'scratch'))).toEqual([]);

    const into = join(dir, 'again');
    const restored = await shop.call('backups_restore', { set: 'uploads', into });
    expect(restored.data).toMatchObject({ status: 'done' });
    expect(readFileSync(join(into, dir, 'uploads', 'deep', 'b*.txt'), 'utf8')).toBe('second');
    expect((await shop.call('changes_undo', { id: idOf(restored) })).data).toMatchObject({ status: 'done' });
    expect(existsSync(into)).toBe(false);

    const path = join(dir, 'uploads', 'deep', 'b*.txt');
    const alone = await shop.call('backups_restore', { set: 'uploads', into, path });
    expect(alone.data).toMatchObject({ status: 'done' });
    expect(readdirSync(join(into, dir, 'uploads'))).toEqual(['deep']);
    expect(readFileSync(join(into, path), 'utf8')).toBe('second');

    const other = join(dir, 'other');
    const relative = await shop.call('backups_restore', { set: 'uploads', into: other, path: 'srv/none' });
    expect(relative.data).toMatchObject({ code: 'INVALID_INPUT' });
    const nothing = await shop.call('backups_restore', { set: 'uploads', into: other, path: '/srv/none' });
    expect(nothing.text).toContain('holds no /srv/none');
    expect(existsSync(other)).toBe(false);
  });

  test('what did not change is neither read nor stored again, and each copy is a whole one', async () => {
    writeFileSync(
      join(dir, 'uploads', 'large'),
      crypto.getRandomValues(Buffer.alloc(65_536)).toString('hex').repeat(10),
    );
    await start();
    // Whoever can write there could have made it, so that files which seem the same come from it.
    vault.run('backup', '--host', 'vigie', join(dir, 'uploads'));
    await run();
    expect(treesIn(vault).at(-1)).not.toHaveProperty('parent');
    vault.run('backup', '--host', 'vigie', join(dir, 'uploads'));
    const before = bytesBelow(join(dir, 'vault'));
    writeFileSync(join(dir, 'uploads', 'new.txt'), 'third');
    await run();
    expect(bytesBelow(join(dir, 'vault')) - before).toBeLessThan(60_000);
    const newest = treesIn(vault).at(-1);
    expect(newest?.['parent']).toBe(textOf(treesIn(vault)[0], 'id'));
    expect(newest?.['summary']).toMatchObject({ files_unmodified: 3, files_new: 1 });
    expect((await drill()).data).toMatchObject({ status: 'done' });
  });

  test('a copy is carried to a second repository as it is stored, and proven there by itself', async () => {
    const second = makeRepository(dir, 'second');
    await start({ to: 'vault, second' });
    const ran = await run();
    expect(ran.data).toMatchObject({ status: 'done' });
    expect(ran.text).toMatch(/second: its manifest was read back, and its tree stands there by its hash/);
    expect(textOf(treesIn(second)[0], 'tree')).toBe(textOf(treesIn(vault)[0], 'tree'));
    rmSync(join(dir, 'vault'), { recursive: true });
    const drilled = await drill({ destination: 'second' });
    expect(drilled.data).toMatchObject({ status: 'done' });
  });

  test('eight flipped bytes are found by a drill and by check --read-data, and the copy counts no more', async () => {
    writeFileSync(join(dir, 'uploads', 'large'), crypto.getRandomValues(Buffer.alloc(60_000)));
    await start();
    await run();
    const packs = readdirSync(join(dir, 'vault', 'data'), { recursive: true, encoding: 'utf8' })
      .map(name => join(dir, 'vault', 'data', name))
      .filter(name => statSync(name).isFile())
      .toSorted((a, b) => statSync(b).size - statSync(a).size);
    const bytes = readFileSync(packs[0] ?? '');
    bytes.write('ABCDEFGH', 1_000);
    writeFileSync(packs[0] ?? '', bytes);
    const failed = await drill();
    expect(failed.data).toMatchObject({ status: 'failed' });
    expect(failed.text).toMatch(/BAD: part tree .*cannot be restored whole from vault.*large/);
    expect(() => vault.run('check', '--read-data')).toThrow();
    expect((await shop.call('backups_list', { set: 'uploads' })).text).toContain('FAILED');
    expect(readdirSync(join(dir, 'scratch'))).toEqual([]);
  });

  test('a tree that was put in place of the stored one is no copy', async () => {
    await start();
    await run();
    const [stored] = treesIn(vault);
    writeFileSync(join(dir, 'uploads', 'a.txt'), 'FIRST');
    vault.run(
      'backup',
      '--host',
      'vigie',
      '--tag',
      textsIn(stored?.['tags']).join(','),
      join(dir, 'uploads'),
    );
    vault.run('forget', textOf(stored, 'id'));
    const listed = await shop.call('backups_list', { set: 'uploads' });
    expect(listed.text).toContain('its part tree is not the tree that was stored');
    expect((await drill()).data).toMatchObject({ code: 'COPY_DAMAGED' });
  });

  test('pruning takes a tree away with its copy, and the rest stays whole', async () => {
    await start({ more: ', retention: {last: 1}' });
    await run();
    writeFileSync(join(dir, 'uploads', 'a.txt'), 'changed');
    await run();
    const pruned = await shop.call('backups_prune', { set: 'uploads' });
    expect(pruned.data).toMatchObject({ status: 'done' });
    expect(treesIn(vault)).toHaveLength(1);
    expect((await drill()).data).toMatchObject({ status: 'done' });
  });

  test('a run over a path that is not there says so, and leaves no copy', async () => {
    rmSync(join(dir, 'uploads'), { recursive: true });
    await start();
    const ran = await run();
    expect(ran.data).toMatchObject({ status: 'failed' });
    expect(ran.text).toContain('uploads is not there');
    expect((await shop.call('backups_list', { set: 'uploads' })).data).toMatchObject({ total: 0 });
  });
});

describe.skipIf(!isInstalled('restic') || !isInstalled('moto_server'))(
  `files by a real restic on moto's S3${unlessMissing('restic')}${unlessMissing('moto_server')}`,
  () => {
    test('a folder is backed up into a bucket and proven from there', async () => {
      dir = mkdtempSync(join(tmpdir(), 'files-'));
      const server = await startMoto('backups');
      try {
        for (const name of ['uploads', 'scratch']) mkdirSync(join(dir, name));
        const repository = `s3:${server.url}/backups`;
        const env = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret-of-moto' };
        vault = repositoryAt(repository, { home: dir, env });
        vault.run('init');
        writeFileSync(join(dir, 'password'), vault.password, { mode: 0o600 });
        writeFileSync(join(dir, 'key'), 'key');
        writeFileSync(join(dir, 'secret'), 'secret-of-moto');
        writeFileSync(join(dir, 'uploads', 'a.txt'), 'first');
        await start({
          vault: repository,
          vaultMore: `, env: {AWS_ACCESS_KEY_ID: "file:${join(dir, 'key')}", AWS_SECRET_ACCESS_KEY: "file:${join(dir, 'secret')}"}`,
        });
        expect((await run()).data).toMatchObject({ status: 'done' });
        expect((await drill()).data).toMatchObject({ status: 'done' });
      } finally {
        await shop.stop();
        await server.close();
        rmSync(dir, { recursive: true, force: true });
      }
    });
  },
);

describe.skipIf(!isInstalled('restic') || !isInstalled('rclone'))(
  `files by a real restic in a pod of a fake kubelet, on a real REST server${unlessMissing('restic')}${unlessMissing('rclone')}`,
  () => {
    test('restic reads and restores in the pod, and the password is in no exec and in no command line', async () => {
      dir = mkdtempSync(join(tmpdir(), 'files-'));
      const server = await startResticServer();
      let kubelet: FakeKubelet | undefined;
      try {
        for (const name of ['uploads', 'scratch']) mkdirSync(join(dir, name));
        writeFileSync(join(dir, 'uploads', 'a.txt'), 'first');
        writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
        await start({
          vault: server.repository,
          more: ', run: {pod: {namespace: shop, workload: deployment/web}}',
          kubeconfig: {
            kubeconfig: async sandbox => {
              kubelet = await startFakeKubelet({ cluster: sandbox.url });
              return sandbox.kubeconfig().replaceAll(sandbox.url, kubelet.url);
            },
          },
        });
        const seen = new Set<string>();
        const timer = setInterval(() => {
          for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name)))
            try {
              seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
            } catch {
              // It has ended meanwhile.
            }
        }, 10);
        const ran = await run();
        const drilled = await drill();
        clearInterval(timer);
        expect(ran.data).toMatchObject({ status: 'done' });
        expect(drilled.data).toMatchObject({ status: 'done' });
        expect(drilled.text).toContain('on Pod/web-');
        const words = (kubelet?.execs ?? []).map(url => decodeURIComponent(url.href));
        expect(words.some(word => word.includes('command=restore'))).toBe(true);
        expect(words.filter(word => word.includes(server.password))).toEqual([]);
        expect([...seen].some(line => line.includes('restic\0'))).toBe(true);
        expect([...seen].filter(line => line.includes(server.password))).toEqual([]);
        expect(JSON.stringify([ran, drilled])).not.toContain(server.password);
      } finally {
        await shop.stop();
        await kubelet?.close();
        await server.close();
        rmSync(dir, { recursive: true, force: true });
      }
    });
  },
);
