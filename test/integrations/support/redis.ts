import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A Redis of a test: on a socket, with a password, in a folder of its own. */
export interface RealRedis {
  socket: string;
  password: string;
  pid: number;
  /** One command as its administrator. */
  ask(...words: string[]): string;
  close(): Promise<void>;
}

export function hasRedis(): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return ['redis-server', 'redis-cli'].every(name => folders.some(folder => existsSync(join(folder, name))));
}

/** For the name of what is skipped. */
export function unlessNoRedis(): string {
  return hasRedis() ? '' : ' (skipped: redis-server or redis-cli is not installed)';
}

export async function startRedis(): Promise<RealRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const socket = join(folder, 's');
  const password = 'Redis-Password-5e1f';
  const server = spawn(
    'redis-server',
    // It waits for more replicas unless told not to.
    [
      '--port',
      '0',
      '--unixsocket',
      socket,
      '--dir',
      folder,
      '--save',
      '',
      '--requirepass',
      password,
      '--repl-diskless-sync-delay',
      '0',
    ],
    { stdio: 'ignore' },
  );
  const ask = (...words: string[]): string =>
    execFileSync('redis-cli', ['-s', socket, ...words], {
      env: { ...process.env, REDISCLI_AUTH: password },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  const gone = new Promise<void>(done => server.once('exit', () => done()));
  for (let tries = 0; ; tries += 1) {
    try {
      if (ask('PING') === 'PONG') break;
    } catch (error) {
      if (tries > 200) throw error;
    }
    await new Promise(done => setTimeout(done, 50));
  }
  return {
    socket,
    password,
    pid: server.pid ?? 0,
    ask,
    async close() {
      server.kill('SIGKILL');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
