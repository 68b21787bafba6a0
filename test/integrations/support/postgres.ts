import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './start-program.ts';

/** A real PostgreSQL that a test started, on loopback with a password. */
export interface RealPostgres {
  host: string;
  port: number;
  user: string;
  password: string;
  /** A superuser's statements in a database (absent: postgres); what they print, unaligned. */
  sql(text: string, database?: string): string;
  dir: string;
  /** Ends it as a machine that fails does, and starts it again after that. */
  restart(meanwhile: () => Promise<void>): Promise<void>;
  close(): void;
}

const packaged = '/usr/lib/postgresql';

/** The folder of the server's programs; undefined: not installed. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(packaged)) return undefined;
  const versions = readdirSync(packaged).sort((a, b) => Number(a) - Number(b));
  const newest = versions.at(-1);
  const folder = newest === undefined ? undefined : join(packaged, newest, 'bin');
  return folder !== undefined && existsSync(join(folder, 'initdb')) ? folder : undefined;
}

/** What a test's name says when there is no server to test on. */
export function unlessNoPostgres(): string {
  return postgresPrograms() === undefined
    ? ' (SKIPPED: the server programs of PostgreSQL are not installed)'
    : '';
}

/** Makes a cluster and starts it. `settings`: lines of postgresql.conf. */
export async function startPostgres({
  settings = [],
}: {
  settings?: readonly string[];
} = {}): Promise<RealPostgres> {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error('the server programs of PostgreSQL are not installed');
  const dir = mkdtempSync(join(tmpdir(), 'vigie-postgres-'));
  const user = serviceUser();
  if (user !== undefined) chownSync(dir, user.uid, user.gid);
  const run = (program: string, args: readonly string[], env: Record<string, string> = {}): string =>
    execFileSync(program.startsWith('/') ? program : join(bin, program), [...args], {
      encoding: 'utf8',
      cwd: dir,
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...user,
    });
  const data = join(dir, 'data');
  run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']);
  const port = await freePort();
  const options = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${dir}`,
    'fsync=off',
    'password_encryption=scram-sha-256',
    ...settings,
  ];
  const start = (): string =>
    run('pg_ctl', [
      '-D',
      data,
      '-w',
      '-s',
      '-l',
      join(dir, 'log'),
      '-o',
      options.map(each => `-c ${each}`).join(' '),
      'start',
    ]);
  const end = (): string => run('pg_ctl', ['-D', data, '-m', 'immediate', '-s', '-w', 'stop']);
  start();
  const password = 'pg-Test-Password-91';
  const sql = (text: string, database = 'postgres'): string =>
    run('psql', [
      '-X',
      '-q',
      '-A',
      '-t',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      dir,
      '-p',
      String(port),
      '-U',
      'postgres',
      '-d',
      database,
      '-c',
      text,
    ]).trim();
  sql(`ALTER ROLE postgres PASSWORD '${password}'`);
  execFileSync('sh', ['-c', `sed -i 's/^\\(host .*\\)trust/\\1scram-sha-256/' ${join(data, 'pg_hba.conf')}`]);
  sql('SELECT pg_reload_conf()');
  return {
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password,
    sql,
    dir,
    async restart(meanwhile) {
      end();
      await meanwhile();
      start();
    },
    close() {
      end();
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Root cannot run it. */
function serviceUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
