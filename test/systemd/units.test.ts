import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unitFor } from '../../src/cli/print-unit.ts';

// The files of systemd/, judged by systemd's own programs where this machine has them; where not, those tests are skipped.

const main = resolve('dist/main.js');
const isRoot = process.getuid?.() === 0;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-units-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const unit = () => readFileSync('systemd/vigie.service', 'utf8');

test('the unit is printed with the node and the main file that print it', async () => {
  const printed = await unitFor([process.execPath, main], {});
  expect(printed).toContain(`\nExecStart=${process.execPath} ${main} daemon\n`);
  expect(printed.replace(/^ExecStart=.*$/m, '')).toBe(unit().replace(/^ExecStart=.*$/m, ''));
});

test('another run folder is handed on, and a path with a space is quoted', async () => {
  expect(await unitFor(['/opt/my node', main], { run: '/run/v', configFile: '/etc/v.yaml' })).toContain(
    `\nExecStart="/opt/my node" ${main} daemon --run /run/v --config /etc/v.yaml\n`,
  );
});

test.each(['/opt/100%/node', '/opt/$HOME/node', '/opt/a"b/node', '/opt/a\nExecStartPre=/bin/sh/node'])(
  'a path that systemd would read otherwise is refused: %j',
  async node => {
    await expect(unitFor([node, main], {})).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  },
);

test('the unit is an account’s of its own, closed where V8 and the proof of callers leave room for it', () => {
  const set = new Map(
    unit()
      .split('\n')
      .flatMap(line => (/^[A-Z]\w+=/.test(line) ? [settingOf(line)] : [])),
  );
  expect(set.get('User')).toBe('vigie');
  expect(set.get('NoNewPrivileges')).toBe('yes');
  expect(set.get('ProtectSystem')).toBe('strict');
  expect(set.get('ProtectHome')).toBe('yes');
  expect(set.get('CapabilityBoundingSet')).toBe('');
  expect(set.get('StateDirectoryMode')).toBe('0700');
  expect(set.has('MemoryDenyWriteExecute')).toBe(false);
  expect(set.has('PrivateUsers')).toBe(false);
});

test.skipIf(!has('systemd-analyze'))('systemd finds no fault in the unit', async () => {
  const file = join(dir, 'vigie.service');
  writeFileSync(file, await unitFor([process.execPath, resolve('src/main.ts')], {}));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
  // Of other units of this machine it may complain; and of a main file that is not executable, which node reads.
  expect(stderr.split('\n').filter(line => line.includes('vigie.service'))).toEqual([]);
  expect(status).toBe(0);
});

test.skipIf(!has('systemd-analyze'))('systemd calls its exposure low', async () => {
  const file = join(dir, 'vigie.service');
  writeFileSync(file, await unitFor([process.execPath, main], {}));
  const { stdout } = spawnSync(
    'systemd-analyze',
    ['security', '--offline=true', '--threshold=25', '--no-pager', file],
    { encoding: 'utf8' },
  );
  expect(Number(/Overall exposure level for vigie\.service: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(2.5);
});

test.skipIf(!isRoot || !has('systemd-sysusers') || !has('systemd-tmpfiles'))(
  'accounts and folders come out as the daemon wants them',
  () => {
    for (const folder of ['etc', 'run']) mkdirSync(join(dir, folder));
    run('systemd-sysusers', [`--root=${dir}`, resolve('systemd/vigie.sysusers.conf')]);
    // A second run changes nothing and fails at nothing.
    run('systemd-sysusers', [`--root=${dir}`, resolve('systemd/vigie.sysusers.conf')]);
    run('systemd-tmpfiles', ['--create', `--root=${dir}`, resolve('systemd/vigie.tmpfiles.conf')]);
    const idOf = (file: string, name: string) =>
      Number(
        new RegExp(`^${name}:[^:]*:(\\d+)`, 'm').exec(readFileSync(join(dir, 'etc', file), 'utf8'))?.[1],
      );
    const vigie = idOf('passwd', 'vigie');
    expect(vigie).toBeGreaterThan(0);
    const found = ['', '/agent', '/agent/callers', '/approve', '/approve/callers'].map(name => {
      const { uid, gid, mode } = lstatSync(join(dir, 'run', 'vigie', name));
      return [name, uid, gid, (mode & 0o7777).toString(8)];
    });
    const [agents, approvers] = [idOf('group', 'vigie-agent'), idOf('group', 'vigie-approve')];
    expect(found).toEqual([
      ['', 0, 0, '755'],
      ['/agent', vigie, agents, '750'],
      ['/agent/callers', vigie, agents, '3730'],
      ['/approve', vigie, approvers, '750'],
      ['/approve/callers', vigie, approvers, '3730'],
    ]);
    expect(agents).not.toBe(approvers);
  },
);

test('what is shipped holds these files', () => {
  const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };
  expect(files).toContain('systemd');
});

function settingOf(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

function run(command: string, words: readonly string[]): void {
  execFileSync(command, [...words], { stdio: 'pipe' });
}

function has(command: string): boolean {
  return spawnSync(command, ['--version']).error === undefined;
}
