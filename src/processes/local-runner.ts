import { type ChildProcess, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { makeOwnFolder } from './own-folder.ts';
import { type Command, type Ended, type Runner, type Running, stderrBytes } from './runner.ts';

/** For a program to end by itself once it was told to: a database closes its files in that time. */
const politeMs = 5_000;

/** Each leads a process group of its own, so the end of our terminal would not reach them. */
const started = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of started) signalGroup(child, 'SIGKILL');
});

/** Runs programs on this machine. */
export const localRunner: Runner = { where: 'this machine', start: startHere };

async function startHere(command: Command): Promise<Running> {
  const { argv, signal } = command;
  const [program, ...words] = argv;
  if (signal.aborted) throw new VigieError('CANCELLED', `${program} was not started: the call was stopped.`);
  const own = command.folder === undefined ? await ownFolder(program) : undefined;
  const child = spawn(program, words, {
    env: environmentOf(command),
    cwd: command.folder ?? own?.path,
    detached: true,
    stdio: [command.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', error => reject(notStarted(program, error)));
    });
  } catch (error) {
    await own?.remove();
    throw error;
  }
  started.add(child);
  const { stdout } = child;
  return {
    stdout: stdout ?? Readable.from([]),
    discard: () => void stdout?.resume(),
    ended: lastly(endOf(child, command), async () => own?.remove()),
  };
}

async function lastly<T>(ended: Promise<T>, tidy: () => Promise<unknown>): Promise<T> {
  try {
    return await ended;
  } finally {
    await tidy();
  }
}

async function ownFolder(program: string): ReturnType<typeof makeOwnFolder> {
  try {
    return await makeOwnFolder();
  } catch (error) {
    throw new VigieError(
      'NOT_STARTED',
      `${program} was not started on this machine: no folder of its own could be made (${systemCode(error) ?? 'the system refused'}).`,
      { hint: 'See that TMPDIR names a folder that Vigie may write to.', details: { program }, cause: error },
    );
  }
}

/** What a program cannot do without, and nothing that Vigie itself was started with: its secrets stand there. */
function environmentOf({ env, secrets }: Command): Record<string, string> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/', TMPDIR } = process.env;
  return { PATH, HOME, LC_ALL: 'C.UTF-8', ...(TMPDIR === undefined ? {} : { TMPDIR }), ...env, ...secrets };
}

function endOf(child: ChildProcess, { stdin, signal, deadlineMs }: Command): Promise<Ended> {
  let cut: Ended['cut'];
  let force: NodeJS.Timeout | undefined;
  const stop = (why: NonNullable<Ended['cut']>): void => {
    if (cut !== undefined) return;
    cut = why;
    signalGroup(child, 'SIGTERM');
    force = setTimeout(() => signalGroup(child, 'SIGKILL'), politeMs);
    // Whoever does not read on would keep a program that is gone waiting for its own end.
    child.stdout?.resume();
  };
  const stopped = (): void => stop('stopped');
  signal.addEventListener('abort', stopped, { once: true });
  const timer = setTimeout(() => stop('deadline'), deadlineMs);
  const complaint = new LastBytes();
  child.stderr?.on('data', (chunk: Buffer) => complaint.add(chunk));
  // A program may end without reading all of its input; whether that is a fault, its own end tells.
  if (stdin !== undefined && child.stdin !== null)
    pipeline(stdin, child.stdin).catch((error: unknown) => {
      if (!isClosedPipe(error)) stop('input');
    });
  return new Promise(resolve => {
    child.once('close', (code, killedBy) => {
      clearTimeout(timer);
      clearTimeout(force);
      signal.removeEventListener('abort', stopped);
      started.delete(child);
      // What it started and left behind ends with it.
      signalGroup(child, 'SIGKILL');
      resolve({
        code: cut === undefined ? code : null,
        ...(killedBy === null ? {} : { signal: killedBy }),
        ...(cut === undefined ? {} : { cut }),
        stderr: complaint.text(),
      });
    });
    if (signal.aborted) stopped();
  });
}

/** The end of a stream, in bounded memory. */
class LastBytes {
  #chunks: Buffer[] = [];
  #size = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= 2 * stderrBytes) return;
    const kept = Buffer.concat(this.#chunks).subarray(-stderrBytes);
    this.#chunks = [kept];
    this.#size = kept.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(-stderrBytes).toString('utf8');
  }
}

function isClosedPipe(error: unknown): boolean {
  return ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(systemCode(error) ?? '');
}

function notStarted(program: string, error: Error): VigieError {
  const missing = systemCode(error) === 'ENOENT';
  return new VigieError(
    'NOT_STARTED',
    `${program} could not be started on this machine: ${missing ? 'it is not installed' : (systemCode(error) ?? 'the system refused')}.`,
    { hint: 'Install it where Vigie runs, or put its folder on PATH.', details: { program }, cause: error },
  );
}

/** It and what it started; one that is gone already is no fault. */
function signalGroup({ pid }: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error;
  }
}
