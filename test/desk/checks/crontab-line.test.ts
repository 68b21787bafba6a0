import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { crontabLine } from '../../../src/desk/checks/crontab-line.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cron-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('the line runs from the environment that cron has, with programs, home and configuration of whoever it was printed for', () => {
  const tools = join(dir, 'my tools');
  mkdirSync(tools);
  writeFileSync(join(tools, 'dumper'), '#!/bin/sh\n');
  chmodSync(join(tools, 'dumper'), 0o755);
  const main = join(dir, '100% main.sh');
  writeFileSync(main, 'command -v dumper; echo "$VIGIE_HOME" "$VIGIE_CONFIG" "$@"\n');
  const line = crontabLine({
    environment: 'prod',
    self: ['/bin/sh', main],
    home: join(dir, "it's home"),
    configFile: join(dir, 'vigie.yaml'),
    programs: ['dumper', 'there-is-no-such-program'],
    path: `${tools}:/usr/bin`,
  });
  const [, command = ''] = line.split('*/5 * * * * ');
  // As cron does before it hands the line to a shell.
  expect(command).not.toMatch(/(?<!\\)%/);
  const said = execFileSync('/bin/sh', ['-c', command.replaceAll('\\%', '%')], {
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
  });
  expect(said).toBe(
    `${join(tools, 'dumper')}\n${join(dir, "it's home")} ${join(dir, 'vigie.yaml')} backups tick -e prod\n`,
  );
});
