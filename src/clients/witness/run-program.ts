import { execFile } from 'node:child_process';
import { systemCode } from '../../core/system-error.ts';
import { mostLines } from './witness.ts';

/** A program of this machine answers in milliseconds; one that waits for a disk that hangs must not hold us. */
const programMs = 5_000;
/** The longest lines that are read back are entries of the journal, some 400 bytes each. */
const outputBytes = mostLines * 400;

/** Runs a program to its end with closed input and exactly this environment; no shell. Rejects with why in a few words. */
export function runProgram(
  command: readonly [string, ...string[]],
  within: { env: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<string> {
  const [program, ...words] = command;
  const options = {
    ...within,
    encoding: 'utf8',
    maxBuffer: outputBytes,
    timeout: programMs,
    killSignal: 'SIGKILL',
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, options, (error, output, complaint) => {
      if (error === null) resolve(output);
      else reject(new Error(`${program} ${whyOf(error, complaint)}`, { cause: error }));
    });
    // A program that ends before it has read its empty input is no error of ours.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end();
  });
}

function whyOf(
  error: Error & { killed?: boolean; code?: string | number | null },
  complaint: string,
): string {
  if (error.name === 'AbortError') return 'was stopped';
  if (systemCode(error) === 'ENOENT') return 'is not installed';
  if (systemCode(error) === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'wrote too much';
  if (error.killed === true) return `did not end within ${programMs / 1000} s`;
  const said = complaint.trim();
  return `ended with ${error.code ?? 'an error'}${said === '' ? '' : `: ${said}`}`;
}
