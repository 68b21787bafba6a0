import { VigieError } from '../core/errors.ts';
import type { Command, Ended, Runner } from '../processes/runner.ts';
import type { EngineJob } from './engine.ts';

/** Of what a program prints for us to read: thousands of tables with their hashes. */
const outputBytes = 8 * 1024 * 1024;

/** Of a program's own complaint that goes into a message. */
const complaintChars = 400;

/** What a program runs by; the rest of a job is no matter to it. */
export type Within = Pick<EngineJob, 'runner' | 'signal' | 'deadlineMs'>;

/** A command but for what every step of a job has. */
type Words = Pick<Command, 'argv' | 'secrets' | 'env' | 'folder' | 'stdin'> & {
  /** Whether an end that is no good one will do all the same. Absent: none does. */
  accepts?: (ended: Ended) => boolean;
};

/** Runs one program to its end for what it prints, up to 8 MB. @throws VigieError BACKUP when it fails, and what the runner throws */
export async function outputOf(within: Within, words: Words): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of streamOf(within, words)) {
    size += chunk.length;
    if (size > outputBytes) throw failed(within.runner, words, 'it printed without end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * What one program prints, as fast as it is taken. Its end is reached only when the program has ended well: whoever stores
 * these bytes stores nothing that broke off. @throws VigieError BACKUP, CANCELLED, TIMEOUT, and what the runner throws
 */
export async function* streamOf(within: Within, words: Words): AsyncGenerator<Uint8Array> {
  const { runner, signal, deadlineMs } = within;
  // Whoever stops reading ends the program.
  const left = new AbortController();
  // What it is to read may break off for a reason of its own, which is the one to tell.
  let broken: unknown;
  const { stdin, accepts, ...rest } = words;
  const running = await runner.start({
    ...rest,
    ...(stdin === undefined ? {} : { stdin: telling(stdin, error => (broken = error)) }),
    signal: AbortSignal.any([signal, left.signal]),
    deadlineMs,
  });
  let whole = false;
  try {
    yield* running.stdout;
    whole = true;
  } finally {
    if (!whole) left.abort();
  }
  const ended = await running.ended;
  if (broken !== undefined) throw broken;
  if (accepts?.(ended) !== true) mustEndWell(ended, { runner, words });
}

async function* telling(
  input: AsyncIterable<Uint8Array>,
  tell: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* input;
  } catch (error) {
    tell(error);
    throw error;
  }
}

function mustEndWell(ended: Ended, { runner, words }: { runner: Runner; words: Words }): void {
  const { cut, code, mayGoOn = false } = ended;
  const name = nameOf(words);
  const left = `was left on ${runner.where}: the line to it is closed, and it may go on there`;
  if (cut === 'stopped')
    throw new VigieError('CANCELLED', `${name} ${mayGoOn ? left : `was stopped on ${runner.where}`}.`);
  if (cut === 'deadline')
    throw new VigieError(
      'TIMEOUT',
      `${name} did not end in its time and ${mayGoOn ? left : `was stopped on ${runner.where}`}.`,
      { details: { program: name } },
    );
  if (code === 0 && cut === undefined) return;
  const how = code === null ? `ended by ${ended.signal ?? 'a signal'}` : `exit code ${code}`;
  const said = ended.stderr.trim().slice(-complaintChars);
  throw failed(runner, words, said === '' ? how : `${how}: ${said}`, code);
}

function failed(runner: Runner, words: Words, why: string, code: number | null = null): VigieError {
  const name = nameOf(words);
  return new VigieError('BACKUP', `${name} failed on ${runner.where}: ${why}`, {
    details: { program: name, code },
  });
}

function nameOf({ argv: [program] }: Words): string {
  return program.replace(/^.*\//, '');
}
