import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { trusted } from '../core/trusted-text.ts';
import { type Sandbox, startSandbox } from './server.ts';
import { takeStartLock } from './start-lock.ts';
import { loadWorld } from './world.ts';

/*
 * One sandbox per VIGIE_HOME. Whoever needs it reads sandbox.json and asks the server named there; when none answers,
 * the holder of a lock starts one detached and waits for its file. The server removes itself when nobody asks any more.
 */

/** Unused for this long, the server ends. */
const defaultIdleMs = 30 * 60_000;
/** A server on this machine that takes longer for /version is as good as gone. */
const answerMs = 3_000;
/** Reading the program and building a large world on a busy machine takes seconds. */
const startMs = 30_000;
const pollMs = 50;

const addressSchema = z.object({
  pid: z.int().positive(),
  // Of this machine, as every sandbox is: whoever edits the file must not lead calls to another server.
  url: z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/),
  token: z.string().min(1),
  world: z.string(),
});
type Address = z.infer<typeof addressSchema>;

/**
 * The sandbox of a home, started by `command` (program and arguments) if it does not run. `world` names its world.
 * SANDBOX: it runs with another world, or does not start.
 */
export async function connectSandbox(input: {
  home: string;
  world: string;
  command: readonly string[];
}): Promise<{ url: string; token: string }> {
  await mkdir(input.home, { recursive: true, mode: 0o700 });
  const running = await findRunning(input.home);
  if (running !== undefined) return sameWorld(running, input);
  const release = await takeStartLock(join(input.home, 'sandbox.lock'), startMs);
  try {
    const meanwhile = await findRunning(input.home);
    if (meanwhile !== undefined) return sameWorld(meanwhile, input);
    await rm(fileIn(input.home), { force: true });
    const child = await start(input.command);
    return sameWorld(await waitForStart(input, child), input);
  } finally {
    await release();
  }
}

function sameWorld(address: Address, { home, world }: { home: string; world: string }): Address {
  if (address.world === world) return address;
  throw new VigieError('SANDBOX', `The sandbox in ${home} runs the world ${address.world}, not ${world}`, {
    hint: 'End it (vigie sandbox down), or use another VIGIE_HOME.',
  });
}

function fileIn(home: string): string {
  return join(home, 'sandbox.json');
}

/** The server that the file names, if it answers to its token. */
export async function findRunning(home: string): Promise<Address | undefined> {
  const address = await readAddress(home);
  if (address === undefined) return undefined;
  try {
    const response = await fetch(`${address.url}/version`, {
      headers: { authorization: `Bearer ${address.token}` },
      signal: AbortSignal.timeout(answerMs),
    });
    await response.body?.cancel();
    return response.ok ? address : undefined;
  } catch {
    // Nobody listens there, or somebody else who does not answer: either way it is not ours.
    return undefined;
  }
}

async function readAddress(home: string): Promise<Address | undefined> {
  let text: string;
  try {
    text = await readFile(fileIn(home), 'utf8');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw new VigieError('SANDBOX', `${fileIn(home)} cannot be read`, { cause });
  }
  try {
    return addressSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function start(command: readonly string[]): Promise<ChildProcess> {
  const [program, ...args] = command;
  if (program === undefined) throw new VigieError('INTERNAL', 'no command to start the sandbox with');
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { detached: true, stdio: 'ignore' });
    child.once('error', cause =>
      reject(new VigieError('SANDBOX', `The sandbox cannot be started: ${cause.message}`, { cause })),
    );
    child.once('spawn', () => {
      child.unref();
      resolve(child);
    });
  });
}

async function waitForStart(
  { home, world }: { home: string; world: string },
  child: ChildProcess,
): Promise<Address> {
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline) {
    const address = await findRunning(home);
    if (address !== undefined) return address;
    // 0: it found another one running, which will answer.
    if (child.exitCode !== null && child.exitCode !== 0) break;
    await sleep(pollMs);
  }
  const why =
    child.exitCode === null
      ? `did not start within ${startMs / 1_000} s`
      : `ended with status ${child.exitCode}`;
  throw new VigieError('SANDBOX', `The sandbox (world ${world}) ${why}`, {
    hint: trusted`Run \`vigie sandbox up --world ${world}\` to see what it says.`,
    retryable: child.exitCode === null,
  });
}

/**
 * Runs the sandbox of a home until nobody has asked it for 30 minutes or a signal ends it; world: a name or a file.
 * Returns at once when one runs there already.
 */
export async function serveSandboxDaemon(input: {
  home: string;
  world: string;
  /** Absent: 30 minutes. */
  idleMs?: number;
}): Promise<void> {
  if ((await findRunning(input.home)) !== undefined) return;
  const sandbox = await startSandbox({ world: await loadWorld(input.world, input.home) });
  const address = { pid: process.pid, url: sandbox.url, token: sandbox.token, world: input.world };
  await writeAddress(input.home, address);
  await untilUnused(sandbox, input.idleMs ?? defaultIdleMs);
  // Another server may have taken over meanwhile; its file stays.
  if ((await readAddress(input.home))?.token === sandbox.token) await rm(fileIn(input.home), { force: true });
  await sandbox.close();
}

async function writeAddress(home: string, address: Address): Promise<void> {
  const path = `${fileIn(home)}.${randomUUID()}`;
  await writeFile(path, `${JSON.stringify(address)}\n`, { mode: 0o600, flag: 'wx' });
  await chmod(path, 0o600);
  await rename(path, fileIn(home));
}

/** One timer that is set anew only when it runs out: no tick while the server is idle. */
function untilUnused(sandbox: Sandbox, idleMs: number): Promise<void> {
  return new Promise(resolve => {
    let timer: NodeJS.Timeout;
    const end = (): void => {
      clearTimeout(timer);
      process.off('SIGINT', end).off('SIGTERM', end);
      resolve();
    };
    const look = (): void => {
      const left = sandbox.lastRequestMs() + idleMs - Date.now();
      if (left <= 0) end();
      else timer = setTimeout(look, left);
    };
    process.once('SIGINT', end).once('SIGTERM', end);
    look();
  });
}
