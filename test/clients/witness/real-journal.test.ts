import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { rowFor } from './rows.ts';

const run = promisify(execFile);
const journald = '/lib/systemd/systemd-journald';
const program = join(import.meta.dirname, 'processes', 'journal-roundtrip.ts');

// A journald of its own, whose /run is a small disk that nobody else sees and that is gone with the child.
const script = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal || exit 1
"$0" >/dev/null 2>&1 &
"$1" "$2"; status=$?
kill $!; wait $!
exit $status`;

async function mayMount(): Promise<boolean> {
  const probe = ['--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /run'];
  return run('unshare', probe).then(
    () => true,
    () => false,
  );
}

test('a real journald takes the rows, and its own journalctl gives them back', async context => {
  const alone = existsSync(journald) && !existsSync('/run/systemd/journal/stdout');
  context.skip(!alone || !(await mayMount()), 'needs root, and journald on a machine where none runs');
  const words = ['--mount', '--kill-child', 'sh', '-c', script, journald, process.execPath, program];
  const { stdout } = await run('unshare', words, { timeout: 280_000 });
  expect(stdout).toBe(JSON.stringify([rowFor(1), rowFor(2)]));
});
