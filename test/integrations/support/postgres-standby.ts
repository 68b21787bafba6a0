import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { postgresPrograms, type RealPostgres } from './postgres.ts';
import { freePort } from './start-program.ts';

/** A standby that a test started of a real PostgreSQL, by a slot of its own. */
export interface RealStandby {
  port: number;
  sql(text: string): string;
  /** Stops it at once; its slot stays at the primary. */
  stop(): void;
}

/** Copies the primary, and starts what follows it under a name and a slot of that name. */
export async function startStandby(primary: RealPostgres, name: string): Promise<RealStandby> {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error('the server programs of PostgreSQL are not installed');
  const user = serviceUser();
  const folder = join(primary.dir, name);
  mkdirSync(folder, { mode: 0o700 });
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const run = (program: string, ...args: string[]): string =>
    execFileSync(join(bin, program), args, {
      encoding: 'utf8',
      cwd: primary.dir,
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', program === 'psql' ? 'pipe' : 'ignore', 'inherit'],
      ...user,
    });
  const to = `host=${primary.dir} port=${primary.port} user=postgres application_name=${name}`;
  run(
    'pg_basebackup',
    '-d',
    to,
    '-D',
    folder,
    '-R',
    '-c',
    'fast',
    '-X',
    'stream',
    '-C',
    '-S',
    name,
    '--no-sync',
  );
  const port = await freePort();
  const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${folder} -c fsync=off -c archive_mode=on`;
  run('pg_ctl', '-D', folder, '-w', '-s', '-l', `${folder}.log`, '-o', options, 'start');
  const sql = (text: string): string =>
    run('psql', '-X', '-q', '-A', '-t', '-h', folder, '-p', String(port), '-U', 'postgres', '-c', text);
  return { port, sql, stop: () => void run('pg_ctl', '-D', folder, '-m', 'immediate', '-s', '-w', 'stop') };
}

/** Root cannot run it. */
function serviceUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
