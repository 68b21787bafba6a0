import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemPaths } from '../../../src/config/separation/system-paths.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-system-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const guarded = async (): Promise<Record<string, string>> => {
  const paths = await systemPaths({ units: [join(dir, 'units')], commands: [join(dir, 'bin')] });
  return Object.fromEntries(
    paths.map(({ path, what, against }) => [path.replace(`${dir}/`, ''), `${against}: ${what}`]),
  );
};

test('where no unit is, one must not be made; nor a command before the right one', async () => {
  expect(await guarded()).toEqual({
    'units/vigie.service': "writing: the daemon's unit",
    'units/vigie.service.d': "writing: the daemon's unit",
    'bin/vigie': 'writing: what a shell starts as vigie',
    'bin/node': 'writing: what a shell starts as node',
  });
});

test('what a unit and its drop-ins start and read is guarded with them', async () => {
  mkdirSync(join(dir, 'units', 'vigie.service.d'), { recursive: true });
  writeFileSync(
    join(dir, 'units', 'vigie.service'),
    '[Service]\nUser=vigie\nEnvironmentFile=-/etc/vigie/env\nExecStartPre=-+/srv/prepare now\n' +
      'ExecStart="/opt/my node" /opt/vigie/dist/main.js daemon --config /etc/vigie/v.yaml\n#ExecStop=/no\n',
  );
  writeFileSync(join(dir, 'units', 'vigie.service.d', 'more.conf'), '[Service]\nExecStartPost=/srv/after\n');
  writeFileSync(join(dir, 'units', 'vigie.service.d', 'notes.txt'), 'ExecStart=/srv/no\n');
  const found = await guarded();
  const starts = "writing: what the daemon's unit starts";
  expect(found).toMatchObject({
    'units/vigie.service.d/more.conf': "writing: the daemon's unit",
    '/etc/vigie/env': "reading: the variables of the daemon's unit",
    '/srv/prepare': starts,
    '/opt/my node': starts,
    '/opt/vigie/dist/main.js': starts,
    '/srv/after': starts,
  });
  expect(Object.keys(found).filter(path => path.includes('no') && !path.includes('node'))).toEqual([]);
});

test('a unit that is a folder, or larger than any, names nothing', async () => {
  mkdirSync(join(dir, 'units', 'vigie.service'), { recursive: true });
  expect(Object.keys(await guarded())).toHaveLength(4);
  rmSync(join(dir, 'units', 'vigie.service'), { recursive: true });
  writeFileSync(join(dir, 'units', 'vigie.service'), `ExecStart=/srv/x\n${'#'.repeat(64 * 1024)}`);
  expect(Object.keys(await guarded())).toHaveLength(4);
});
