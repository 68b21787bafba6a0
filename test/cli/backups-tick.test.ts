import { join } from 'node:path';
import { Writable } from 'node:stream';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import type { Ended } from '../support/command-line.ts';
import { nightly, type ScheduledShop, startScheduledShop } from '../support/scheduled-shop.ts';

let shop: ScheduledShop;
beforeEach(async () => {
  shop = await startScheduledShop();
});
afterEach(() => shop.stop());

/** `vigie backups tick` with Vigie's clock of the shop. */
async function tick(...words: string[]): Promise<Ended> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const nothing = () => Promise.reject(new Error('this test serves nothing'));
  const status = await runCommandLine(['backups', 'tick', '--config', shop.configFile, ...words], {
    program: {
      version: '0.0.0',
      self: [],
      open: () => shop.reopen(),
      serveStdio: nothing,
      openRuns: nothing,
      play: nothing,
      serveHttp: nothing,
      openDaemon: nothing,
    },
    terminal: new Terminal({ stdin: process.stdin, stdout, stderr, env: shop.env }),
  });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

class Collector extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

test('where nothing is due nothing is printed, unless it is asked for', async () => {
  expect(await tick()).toEqual({ status: 0, stdout: '', stderr: '' });
  await shop.schedule(nightly);
  expect(await tick()).toEqual({ status: 0, stdout: '', stderr: '' });
  for (const asked of ['--verbose', '--dry-run'])
    expect(await tick(asked)).toEqual({ status: 0, stdout: '', stderr: 'Nothing is due.\n' });
});

test('what was done is a line, and what would be done too', async () => {
  await shop.schedule(nightly);
  shop.passDays(1);
  expect((await tick('--dry-run')).stdout).toMatch(/^data in test, due \S+: would run\n$/);
  expect(await tick()).toMatchObject({ status: 0, stdout: 'data in test: run done\n', stderr: '' });
  expect(await tick()).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('it ends with 1 where one failed, 3 where an approval is needed, 4 where policy denied', async () => {
  await shop.schedule(nightly);
  shop.passDays(1);
  await shop.edit(text => text.replace('to: [disk]', 'to: [other]'));
  const stopped = await tick();
  expect(stopped).toMatchObject({ status: 3 });
  expect(stopped.stdout).toContain('no longer as it was when its schedule was approved');
  expect(stopped.stdout).toContain('Next: vigie backups schedule data -e test asks for its approval anew');
  await shop.edit(text => text.replace('to: [other]', 'to: [disk]').replace('low: ask', 'low: deny'));
  shop.passDays(1);
  expect(await tick()).toMatchObject({ status: 4 });
  await shop.edit(text => text.replace('low: deny', 'low: ask').replace('live.db', 'none.db'));
  await shop.schedule(nightly);
  shop.passDays(1);
  const failed = await tick();
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stdout).toContain('unable to open database file');
});

test('one that is passed over is said, with 1, also where it is only asked what would be done', async () => {
  await shop.schedule(nightly);
  const db = new Database(join(shop.place, 'home', 'vigie.db'));
  db.prepare("UPDATE schedules SET schedule = '[]'").run();
  db.close();
  for (const words of [[], ['--dry-run']])
    expect(await tick(...words)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(
        'what stands there is no schedule. Next: vigie backups schedule data -e test',
      ),
    });
});

test('an environment that there is not is a wrong command line', async () => {
  expect(await tick('-e', 'nowhere')).toMatchObject({ status: 2 });
});
