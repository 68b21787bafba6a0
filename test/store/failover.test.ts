import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import {
  postgresPrograms,
  type RealPostgres,
  startPostgres,
  unlessNoPostgres,
} from '../integrations/support/postgres.ts';
import { freePort } from '../integrations/support/start-program.ts';
import { sampleKeys } from './sample-store.ts';

const now = () => new Date('2026-11-21T10:00:00Z');
const row = { event: 'refused', facts: {} } as const;

test.skipIf(postgresPrograms() === undefined)(
  `a standby is read and takes no write; promoted, it goes on where the primary ended, over the same connections${unlessNoPostgres()}`,
  async () => {
    const primary = await startPostgres();
    onTestFinished(() => primary.close());
    const first = await open(primary, primary.port);
    const { hash: head } = await first.audit.append(row);
    const standby = await standbyOf(primary);
    const store = await open(primary, standby.port);
    expect(await store.audit.verify({ head })).toMatchObject({ ok: true, rows: 1 });
    await expect(store.audit.append(row)).rejects.toMatchObject({
      code: 'STORE',
      retryable: true,
      message: expect.stringContaining('it takes no writes'),
    });
    standby.promote();
    expect(await store.audit.append(row)).toMatchObject({ sequence: 2, previous: head });
  },
);

async function open({ password }: RealPostgres, port: number) {
  const postgres = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const store = await openStore({ postgres, keys: sampleKeys, now });
  onTestFinished(() => store.close());
  return store;
}

/** A second server that follows the first. */
async function standbyOf(primary: RealPostgres): Promise<{ port: number; promote: () => void }> {
  const bin = postgresPrograms() ?? '';
  const { uid, gid } = statSync(primary.dir);
  const dir = mkdtempSync(join(tmpdir(), 'vigie-standby-'));
  chownSync(dir, uid, gid);
  const data = join(dir, 'data');
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', PGPASSWORD: primary.password };
  const run = (program: string, ...args: string[]) =>
    execFileSync(join(bin, program), args, { uid, gid, env, cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
  const from = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres'];
  run('pg_basebackup', ...from, '-D', data, '-R', '-X', 'stream', '-c', 'fast');
  const port = await freePort();
  const settings = `-c port=${port} -c unix_socket_directories=${dir} -c listen_addresses=127.0.0.1 -c fsync=off`;
  run('pg_ctl', '-D', data, '-w', '-s', '-l', join(dir, 'log'), '-o', settings, 'start');
  onTestFinished(() => {
    run('pg_ctl', '-D', data, '-m', 'immediate', '-s', '-w', 'stop');
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  return { port, promote: () => void run('pg_ctl', '-D', data, '-w', '-s', 'promote') };
}
