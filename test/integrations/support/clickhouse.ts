import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { compiledOnce } from '../../support/compiled-once.ts';

// No server of ClickHouse that knows BACKUP can be installed everywhere. What stands here for one is its engine, chdb,
// behind the command line of its client (processes/clickhouse-by-chdb.ts): never a dependency of ours.

const chdb = join(homedir(), '.local/share/parts/chdb/node_modules/chdb');
const standIn = join(import.meta.dirname, '../processes/clickhouse-by-chdb.ts');

/** A ClickHouse of a test: on a port of loopback, with a password, and a disk `backups`. */
export interface StoodInClickHouse {
  port: number;
  password: string;
  pid: number;
  /** Where its disk for backups lies. */
  disk: string;
  /** A folder with its program `clickhouse`, for PATH. */
  bin: string;
  /** Statements, and what the last of them says. */
  ask(sql: string): string;
  close(): Promise<void>;
}

export function hasClickHouse(): boolean {
  return existsSync(chdb);
}

/** For the name of what is skipped. */
export function unlessNoClickHouse(): string {
  return hasClickHouse() ? '' : ' (skipped: chdb, the engine of ClickHouse, is not installed)';
}

export async function startClickHouse(): Promise<StoodInClickHouse> {
  const folder = mkdtempSync(join(tmpdir(), 'clickhouse-'));
  const [bin, disk] = [join(folder, 'bin'), join(folder, 'backups')];
  for (const each of [bin, disk]) mkdirSync(each);
  const program = join(bin, 'clickhouse');
  writeFileSync(
    program,
    `#!/bin/sh\nexport NODE_COMPILE_CACHE='${compiledOnce.NODE_COMPILE_CACHE}'\nVIGIE_TEST_CHDB='${chdb}' exec '${process.execPath}' --no-warnings '${standIn}' "$@"\n`,
    { mode: 0o755 },
  );
  const config = join(folder, 'config.xml');
  writeFileSync(
    config,
    `<clickhouse><storage_configuration><disks><backups><type>local</type><path>${disk}/</path></backups></disks>
</storage_configuration><backups><allowed_disk>backups</allowed_disk></backups></clickhouse>`,
  );
  const password = 'ClickHouse-Password-7f3a';
  const env = { ...process.env, CLICKHOUSE_PASSWORD: password };
  const port = await freePort();
  const server = spawn(
    program,
    ['server', '--port', String(port), '--path', join(folder, 'data'), '--config-file', config],
    { stdio: ['ignore', 'pipe', 'inherit'], env },
  );
  const gone = new Promise<void>(done => server.once('exit', () => done()));
  await Promise.race([new Promise(done => server.stdout.once('data', done)), gone]);
  return {
    port,
    password,
    pid: server.pid ?? 0,
    disk,
    bin,
    ask: sql =>
      execFileSync(program, ['client', '--port', String(port)], { env, encoding: 'utf8', input: sql }).trim(),
    async close() {
      server.kill('SIGKILL');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Puts its program before all others for this process. */
export function withProgram({ bin }: StoodInClickHouse): void {
  process.env['PATH'] = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise(done => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
