import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A real server that a test started: on a free port of this machine, with a folder of its own. */
export interface RealServer {
  url: string;
  port: number;
  dir: string;
  pid: number;
  /** Ends it by its pid and removes its folder. */
  close(): Promise<void>;
}

/** Whether a program is installed; a test without it is skipped, and says so. */
export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some(folder => isProgram(join(folder, program)));
}

/** What a test's name says of the program it needs. */
export function unlessMissing(program: string): string {
  return isInstalled(program) ? '' : ` (SKIPPED: ${program} is not installed)`;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts a program and waits until it answers at a path. `argv` gets its port and its folder. */
export async function startProgram(
  program: string,
  {
    argv,
    ready,
    port: wanted,
  }: {
    argv: (at: { port: number; dir: string }) => readonly string[];
    ready: string;
    /** Absent: a free one. */
    port?: number;
  },
): Promise<RealServer> {
  const port = wanted ?? (await freePort());
  const dir = mkdtempSync(join(tmpdir(), 'vigie-real-'));
  const child = spawn(program, [...argv({ port, dir })], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-4_000);
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await answers(url + ready, child);
  } catch (error) {
    await end(child);
    rmSync(dir, { recursive: true, force: true });
    throw new Error(`${program} did not start: ${said}`, { cause: error });
  }
  return {
    url,
    port,
    dir,
    pid: child.pid ?? 0,
    async close() {
      await end(child);
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`);
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok === true) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`${url} did not answer within 30 s`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
