import { type ChildProcess, spawn } from 'node:child_process';
import { systemCode } from '../core/system-error.ts';

/** Of what it complains about. */
const complaintChars = 1_000;

/** Each has a session of its own, so the end of our terminal would not reach them. */
const started = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of started) endGroup(child);
});

/**
 * Runs a program to its end with closed input, exactly this environment and no terminal: a repository's settings may have
 * made it another program than it seems, and a passphrase may be asked for beside it. No shell. Rejects with why in a few
 * words.
 */
export function runProgram(
  command: readonly [string, ...string[]],
  within: {
    env: Readonly<Record<string, string>>;
    signal: AbortSignal;
    /** How long it may take, and what it may say. */
    limits: { programMs: number; outputBytes: number };
  },
): Promise<string> {
  const [program, ...words] = command;
  const { env, signal } = within;
  const { programMs, outputBytes } = within.limits;
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => reject(new Error(`${program} ${why}`, { cause }));
    if (signal.aborted) {
      fail('was stopped');
      return;
    }
    const child = spawn(program, words, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    started.add(child);
    const output: Buffer[] = [];
    let size = 0;
    let complaint = '';
    function end(finish: () => void): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      started.delete(child);
      endGroup(child);
      child.stdout.destroy();
      child.stderr.destroy();
      finish();
    }
    const stop = () => end(() => fail('was stopped'));
    const timer = setTimeout(() => end(() => fail(`did not end within ${programMs / 1000} s`)), programMs);
    signal.addEventListener('abort', stop, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > outputBytes) end(() => fail('wrote too much'));
      else output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (complaint.length < complaintChars) complaint += chunk.toString('utf8');
    });
    child.once('error', error => {
      const missing = systemCode(error) === 'ENOENT';
      end(() => fail(missing ? 'is not installed' : 'cannot be started', error));
    });
    child.once('close', (status, killed) =>
      end(() => {
        if (status === 0) return resolve(Buffer.concat(output).toString('utf8'));
        const said = complaint.trim().slice(0, complaintChars);
        return fail(`ended with ${status ?? killed ?? 'an error'}${said === '' ? '' : `: ${said}`}`);
      }),
    );
  });
}

/** It and what it started; one that is gone already is no fault. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error;
  }
}
