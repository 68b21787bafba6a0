import { execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { files } from '../../src/backups/engines/files.ts';
import { makeCopy } from '../../src/backups/make-copy.ts';
import { ResticReader } from '../../src/clients/restic/reader.ts';
import type { Repository } from '../../src/clients/restic/run.ts';
import { ResticWriter } from '../../src/clients/restic/writer.ts';
import { newCopyId } from '../../src/core/copy.ts';
import { objectsIn, plainText, textOf } from '../../src/core/json.ts';
import { localRunner } from '../../src/processes/local-runner.ts';
import type { Command, Runner } from '../../src/processes/runner.ts';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { makeRepository, type TestRepository } from './support/restic-repository.ts';
import { freePort, isInstalled, unlessMissing } from './support/start-program.ts';

let dir: string;
let shop: TestVigie | undefined;
let vault: TestRepository;

async function start(more = ''): Promise<TestVigie> {
  shop = await startVigie({
    policy: `${allowAgainAndAgain}
    secrets: {vault-password: "file:${join(dir, 'password')}"}
    backups:
      destinations:
        vault: {restic: {repository: "${join(dir, 'vault')}", password: vault-password}, media: object-store}
        second: {restic: {repository: "${join(dir, 'second')}", password: vault-password}, media: tape}
      sets:
        uploads: {engine: files, paths: [${join(dir, 'uploads')}], scratch: ${join(dir, 'scratch')}${more.includes('to:') ? '' : ', to: [vault]'}${more}}`,
  });
  return shop;
}

/** One backup by its parts: with another runner, another patience or another folder. */
async function back({
  runner = localRunner,
  at = {},
  more = {},
}: {
  runner?: Runner;
  at?: Partial<Repository>;
  more?: object;
} = {}): Promise<void> {
  const signal = new AbortController().signal;
  const repository = join(dir, 'vault');
  await makeCopy({
    engine: files,
    settings: { paths: [join(dir, 'uploads')], ...more },
    secrets: {},
    runner,
    writer: new ResticWriter({
      name: 'vault',
      repository,
      shown: repository,
      secrets: { RESTIC_PASSWORD: vault.password },
      signal,
      ...at,
    }),
    encrypt: { how: 'restic' },
    name: { set: 'uploads', copy: newCopyId(new Date()) },
    signal,
    deadlineMs: 120_000,
    progress: () => undefined,
    beforeWrite: async () => undefined,
    now: () => new Date(),
  });
}

/** Runs on this machine what `turn` makes of a command. */
function runnerWith(turn: (command: Command) => Command): Runner {
  return { where: 'this machine', start: command => localRunner.start(turn(command)) };
}

async function copiesLeft(): Promise<number> {
  const reader = new ResticReader({
    name: 'vault',
    repository: join(dir, 'vault'),
    shown: 'vault',
    secrets: { RESTIC_PASSWORD: vault.password },
    signal: new AbortController().signal,
  });
  const { copies, lock } = await reader.find('uploads');
  expect(lock).toBeUndefined();
  return copies.length;
}

describe.skipIf(!isInstalled('restic'))(
  `what goes wrong with files by a real restic${unlessMissing('restic')}`,
  () => {
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'files-'));
      for (const name of ['uploads', 'scratch']) mkdirSync(join(dir, name));
      vault = makeRepository(dir, 'vault');
      writeFileSync(join(dir, 'password'), vault.password, { mode: 0o600 });
      writeFileSync(join(dir, 'uploads', 'a.txt'), 'first');
    });
    afterEach(async () => {
      await shop?.stop();
      shop = undefined;
      rmSync(dir, { recursive: true, force: true });
    });

    test('names, kinds and modes of any sort come back, holes stay holes, and links lead nowhere', async () => {
      const at = (name: string): string => join(dir, 'uploads', name);
      const names = [
        '-rf',
        '--exclude=*',
        'new\nline',
        '\n81a4 5 .x',
        'back\\slash',
        'quote\'"',
        'glob*?[a]',
        '\u202Eright',
        ' ',
        '\r',
        '$(touch x)',
      ];
      for (const name of names) writeFileSync(at(name), name);
      writeFileSync(Buffer.concat([Buffer.from(at('lat')), Buffer.from([0xe9, 0xe9, 0x82])]), 'latin');
      symlinkSync('/etc/passwd', at('out'));
      symlinkSync('../../..', at('up'));
      symlinkSync(dir, at('round'));
      truncateSync((writeFileSync(at('hole'), 'x'), at('hole')), 300_000_000);
      mkdirSync(at('sticky'));
      chmodSync(at('sticky'), 0o1777);
      chmodSync(at('a.txt'), 0o4755);
      mkdirSync(at('deep/'.repeat(60)), { recursive: true });
      execFileSync('mkfifo', [at('pipe')]);
      const devices = spawnSync('mknod', [at('null'), 'c', '1', '3']).status === 0;
      execFileSync('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX).bind('sock')`], {
        cwd: join(dir, 'uploads'),
      });
      const vigie = await start();
      expect((await vigie.call('backups_run', { set: 'uploads' })).data).toMatchObject({ status: 'done' });
      const drilled = await vigie.call('backups_drill', { set: 'uploads' });
      expect(drilled.text).toContain('is proven');
      expect(readdirSync(join(dir, 'scratch'))).toEqual([]);
      const into = join(dir, 'again');
      await vigie.call('backups_restore', { set: 'uploads', into });
      const back = (name: string): string => join(into, dir, 'uploads', name);
      for (const name of names) expect(readFileSync(back(name), 'utf8')).toBe(name);
      expect(readlinkSync(back('out'))).toBe('/etc/passwd');
      expect(statSync(back('hole')).size).toBe(300_000_000);
      expect(statSync(back('hole')).blocks * 512).toBeLessThan(1_000_000);
      expect(statSync(back('a.txt')).mode & 0o7777).toBe(0o4755);
      expect(lstatSync(back('pipe')).isFIFO()).toBe(true);
      if (devices) expect(lstatSync(back('null')).isCharacterDevice()).toBe(true);
      expect(existsSync(back('sock'))).toBe(false);
      expect(existsSync(at('x'))).toBe(false);
    });

    test('a restored tree in which one file is missing, shorter or of another mode is no proof', async () => {
      for (const name of ['b', 'c']) writeFileSync(join(dir, 'uploads', name), name);
      const signal = new AbortController().signal;
      const step = { runner: localRunner, signal, deadlineMs: 60_000, progress: () => undefined };
      const root = join(dir, 'root');
      execFileSync('sh', ['-c', `mkdir -p "$1$2" && cp -a "$2/." "$1$2/"`, 'sh', root, join(dir, 'uploads')]);
      const target = { folder: root, set: 'uploads' };
      const expected = {
        how: 'tree' as const,
        at: '2026-11-22T00:00:00Z',
        items: [{ name: join(dir, 'uploads'), count: 0 }],
      };
      const hashNow = async (): Promise<string | undefined> =>
        (await files.inspect({ ...step, target, expected })).items[0]?.hash;
      const whole = await hashNow();
      const seen = new Set([whole]);
      chmodSync(join(root, dir, 'uploads', 'b'), 0o600);
      seen.add(await hashNow());
      appendFileSync(join(root, dir, 'uploads', 'c'), 'x');
      seen.add(await hashNow());
      rmSync(join(root, dir, 'uploads', 'a.txt'));
      seen.add(await hashNow());
      expect(seen.size).toBe(4);
    });

    test('what is written to while it is read is said, and a file that vanishes is no fault', async () => {
      for (let count = 0; count < 2_000; count += 1)
        writeFileSync(join(dir, 'uploads', `small-${count}`), `${count}`);
      const vigie = await start();
      const busy = join(dir, 'uploads', 'busy.log');
      writeFileSync(busy, '');
      let gone = 2_000;
      const timer = setInterval(() => {
        appendFileSync(busy, 'line\n');
        gone -= 1;
        rmSync(join(dir, 'uploads', `small-${gone}`), { force: true });
      }, 3);
      const ran = await vigie.call('backups_run', { set: 'uploads' });
      clearInterval(timer);
      expect(ran.data).toMatchObject({ status: 'done' });
      expect(ran.text).toMatch(/Written to while they were read, so they may hold a mix: .*busy\.log/);
      expect((await vigie.call('backups_drill', { set: 'uploads' })).data).toMatchObject({ status: 'done' });
    });

    test('files that may not be read are named, some of many, and nothing of the rest counts', async () => {
      for (let count = 0; count < 200; count += 1) {
        const file = join(dir, 'uploads', `secret-${count}`);
        writeFileSync(file, 'x');
        chmodSync(file, 0o000);
      }
      // root reads everything.
      const isRoot = process.getuid?.() === 0;
      const program = join(dir, 'restic');
      if (isRoot) {
        const installed = execFileSync('sh', ['-c', 'command -v restic'], { encoding: 'utf8' }).trim();
        copyFileSync(realpathSync(installed), program);
        execFileSync('sh', [
          '-c',
          `chmod 755 "$1" "$1/restic" && chmod -R g+rwX "$1/vault" && chown 65534 "$1/uploads" "$1/scratch"`,
          'sh',
          dir,
        ]);
      }
      const nobody = ['setpriv', '--reuid=65534', '--regid=0', '--clear-groups'] as const;
      const runner = runnerWith(command =>
        isRoot && command.argv[0] === 'restic'
          ? {
              ...command,
              argv: [...nobody, program, ...command.argv.slice(1)],
              env: { ...command.env, HOME: join(dir, 'scratch') },
            }
          : command,
      );
      const failed = await back({ runner, more: { marker: false } }).catch((error: unknown) => error);
      expect(failed).toMatchObject({
        code: 'BACKUP',
        message: expect.stringMatching(/secret-\d+.*permission denied/),
      });
      expect(String(failed).length).toBeLessThan(1_500);
      expect(await copiesLeft()).toBe(0);
    });

    test('a marker that is left out, or a folder that takes none, fails and says what to do; without one a drill says so', async () => {
      await expect(back({ more: { exclude: ['.vigie-*'] } })).rejects.toMatchObject({
        code: 'BACKUP',
        message: expect.stringContaining('is not in what was read'),
      });
      rmSync(join(dir, 'uploads', '.vigie-marker-uploads'));
      mkdirSync(join(dir, 'uploads', '.vigie-marker-uploads'));
      await expect(back()).rejects.toMatchObject({ message: expect.stringContaining('marker: false') });
      const vigie = await start(', marker: false');
      await vigie.call('backups_run', { set: 'uploads' });
      const drilled = await vigie.call('backups_drill', { set: 'uploads' });
      expect(drilled.text).toContain(
        'no marker was written to the source: how new the copy is, nothing proves',
      );
    });

    test('a link that somebody put in place of the marker, or of the folder, leads nobody to write or read elsewhere', async () => {
      const other = join(dir, 'other');
      writeFileSync(other, 'not yours');
      symlinkSync(other, join(dir, 'uploads', '.vigie-marker-uploads'));
      await back();
      expect(readFileSync(other, 'utf8')).toBe('not yours');
      rmSync(join(dir, 'uploads'), { recursive: true });
      symlinkSync('/etc', join(dir, 'uploads'));
      await expect(back()).rejects.toMatchObject({ message: expect.stringContaining('is a link') });
    });

    test('a link that somebody put in place of the marker while it was read is no marker: no copy, and nothing of what it leads to is told', async () => {
      const secret = 'PRIVATE-KEY-OF-ROOT';
      writeFileSync(join(dir, 'id_secret'), secret, { mode: 0o600 });
      const marker = join(dir, 'uploads', '.vigie-marker-uploads');
      const swapped = (made: () => void): Runner =>
        runnerWith(command => {
          if (command.argv.includes('backup')) {
            rmSync(marker, { force: true });
            made();
          }
          return command;
        });
      for (const made of [
        () => symlinkSync(join(dir, 'id_secret'), marker),
        () => writeFileSync(marker, secret),
      ])
        await expect(back({ runner: swapped(made) })).rejects.toMatchObject({
          code: 'BACKUP',
          message: expect.stringContaining('is not the file that was written'),
        });
      expect(await copiesLeft()).toBe(0);
    });

    test.each([
      ['its marker is a link', 'uploads', 'id_secret'],
      ['its folder is a link', '', 'elsewhere'],
      ['its marker is a file of somebody', 'uploads', ''],
    ])('of a restored tree where %s nothing is read that lies elsewhere', async (_what, folder, leads) => {
      const secret = 'PRIVATE-KEY-OF-ROOT';
      mkdirSync(join(dir, 'elsewhere'));
      for (const file of ['id_secret', 'elsewhere/.vigie-marker-uploads'])
        writeFileSync(join(dir, file), secret);
      const restored = join(dir, 'restored');
      mkdirSync(join(restored, folder), { recursive: true });
      const at = join(restored, 'uploads');
      if (leads === '') writeFileSync(join(at, '.vigie-marker-uploads'), secret);
      else symlinkSync(join(dir, leads), folder === '' ? at : join(at, '.vigie-marker-uploads'));
      const found = await files.inspect({
        runner: localRunner,
        signal: new AbortController().signal,
        deadlineMs: 30_000,
        progress: () => undefined,
        target: { folder: restored, set: 'uploads' },
        expected: {
          how: 'tree',
          at: '',
          items: [{ name: '/uploads', count: 1 }],
          marker: '20260101T030000Z-abcd',
        },
      });
      expect(JSON.stringify(found)).not.toContain(secret);
      expect(found.marker).not.toBe('20260101T030000Z-abcd');
    });

    test('a repository that the programs do not reach is given up in time, and one that is another is told', async () => {
      const port = await freePort();
      const away = (repository: string): Runner =>
        runnerWith(command =>
          command.argv.includes('backup')
            ? { ...command, secrets: { ...command.secrets, RESTIC_REPOSITORY: repository } }
            : command,
        );
      await expect(
        back({ runner: away(`rest:http://127.0.0.1:${port}/`), at: { patienceMs: 2_000 } }),
      ).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('stood still') });
      makeRepository(dir, 'elsewhere');
      await expect(back({ runner: away(join(dir, 'elsewhere')) })).rejects.toMatchObject({
        code: 'DESTINATION',
        message: expect.stringContaining('elsewhere than where'),
      });
      expect(await copiesLeft()).toBe(0);
    });

    test('a repository that is full leaves no copy', async context => {
      const small = join(dir, 'small');
      mkdirSync(small);
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]).status !== 0)
        return context.skip('SKIPPED: no tmpfs can be mounted here, so no full disk was met');
      try {
        const repository = join(small, 'repo');
        execFileSync('cp', ['-a', join(dir, 'vault'), repository]);
        writeFileSync(
          join(dir, 'uploads', 'large'),
          crypto.getRandomValues(Buffer.alloc(60_000)).toString('hex').repeat(1),
        );
        for (let count = 0; count < 80; count += 1)
          writeFileSync(join(dir, 'uploads', `large-${count}`), crypto.getRandomValues(Buffer.alloc(60_000)));
        await expect(
          back({ at: { repository, shown: repository, patienceMs: 20_000 } }),
        ).rejects.toMatchObject({
          code: expect.stringMatching(/^(?:DESTINATION|TIMEOUT)$/),
        });
      } finally {
        spawnSync('umount', [small]);
      }
    });

    test('two at once: the second is refused and told who is at it', async () => {
      const vigie = await start();
      const results = await Promise.all([
        vigie.call('backups_run', { set: 'uploads' }),
        vigie.call('backups_run', { set: 'uploads' }),
      ]);
      // Neither can tell which was the first where both came in one moment.
      const ends = results.map(({ data }) => plainText(data['status'] ?? data['code'])).sort();
      expect(ends).toContain('failed');
      expect(JSON.stringify(results)).toContain('Another backup of uploads has held its lock');
      expect(await copiesLeft()).toBe(ends.filter(end => end === 'done').length);
    });

    test.each(['Reading ', 'Listing what was read', 'Carrying tree'])(
      'killed at "%s", it leaves nothing that counts at the place it was writing to, and the next one makes a whole copy',
      async stage => {
        makeRepository(dir, 'second');
        const vigie = await start(', to: [vault, second]');
        const child = fork(
          join(import.meta.dirname, 'processes', 'run-and-be-killed.ts'),
          [vigie.configFile, 'uploads'],
          { env: vigie.env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
        );
        child.on('message', message => {
          if (typeof message === 'string' && message.startsWith(stage)) child.kill('SIGKILL');
        });
        await once(child, 'exit');
        expect(child.signalCode).toBe('SIGKILL');
        const listed = await vigie.call('backups_list', {});
        expect(listed.data).toMatchObject({ sets: [{ copies: stage.startsWith('Carrying') ? 1 : 0 }] });
        expect((await vigie.call('backups_run', { set: 'uploads' })).data).toMatchObject({
          code: 'CONFLICT',
        });
        for (const name of ['vault', 'second']) ageLocks(name);
        const taken = await vigie.call('backups_run', { set: 'uploads' });
        expect(taken.data).toMatchObject({ status: 'done' });
        expect(
          (await vigie.call('backups_drill', { set: 'uploads', destination: 'second' })).data,
        ).toMatchObject({ status: 'done' });
      },
    );
  },
);

/** As locks are after minutes in which nobody renewed them. */
function ageLocks(name: string): void {
  const run = (...words: string[]): string =>
    execFileSync('restic', words, {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: dir,
        RESTIC_REPOSITORY: join(dir, name),
        RESTIC_PASSWORD: vault.password,
      },
      stdio: 'pipe',
      encoding: 'utf8',
    });
  run('unlock');
  for (const lock of objectsIn(JSON.parse(run('snapshots', '--json', '--tag', 'lock'))))
    run(
      'rewrite',
      '--retry-lock',
      '20s',
      '--forget',
      '--new-time',
      '2026-01-01 00:00:00',
      textOf(lock, 'id'),
    );
}
