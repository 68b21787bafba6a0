import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, parsedObject, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { localRunner } from '../../processes/local-runner.ts';
import type { Command, Ended, Running } from '../../processes/runner.ts';

/** A restic repository, as vigie.yaml names it, with what opens it. */
export interface Repository {
  /** Of the destination. */
  name: string;
  /** As restic takes it. */
  repository: string;
  /** The same without credentials, for messages. */
  shown: string;
  /** RESTIC_PASSWORD, and what it lies on asks for: they stand in the program's environment alone. */
  secrets: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** How long a program that reads or restores a tree may stand still. Absent: five minutes. */
  patienceMs?: number;
  /** How long a program waits while another holds the repository. Absent: ten seconds. */
  heldMs?: number;
}

/** Others hold it for one removal, or for a backup that lasts: then to wait longer helps no more. */
const heldMs = 10_000;

/** restic tries a store that is away again for many minutes and says so on stderr alone: we wait no longer than this. */
export const shortMs = 60_000;
const outputBytes = 64 * 1024 * 1024;
const complaintChars = 300;

/** How restic is told what to do; the repository stands in no argument either: its URL may hold a password. */
export function resticCommand(
  { repository, secrets, heldMs: wait = heldMs }: Repository,
  words: readonly string[],
): { argv: readonly [program: string, ...words: string[]]; secrets: Record<string, string> } {
  return {
    argv: ['restic', '--retry-lock', `${wait}ms`, ...words],
    secrets: { ...secrets, RESTIC_REPOSITORY: repository },
  };
}

/** Starts restic where Vigie runs. */
export async function startRestic(
  at: Repository,
  words: readonly string[],
  how: { deadlineMs: number; stdin?: Command['stdin']; signal?: AbortSignal },
): Promise<Running> {
  return localRunner.start({
    ...resticCommand(at, words),
    signal: how.signal ?? at.signal,
    deadlineMs: how.deadlineMs,
    ...(how.stdin === undefined ? {} : { stdin: how.stdin }),
  });
}

/** Runs restic to its end for what it prints. */
export async function askRestic(
  at: Repository,
  words: readonly string[],
  how: Parameters<typeof startRestic>[2],
): Promise<string> {
  const running = await startRestic(at, words, how);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of running.stdout) {
    size += chunk.length;
    if (size > outputBytes)
      throw new VigieError('BAD_RESPONSE', `restic printed without end for the destination ${at.name}.`);
    chunks.push(chunk);
  }
  mustEndWell(await running.ended, at);
  return Buffer.concat(chunks).toString('utf8');
}

/** What restic complains about, a line each: with --json it says that in JSON. The first may have lost its beginning. */
export function complaintsIn(stderr: string): string[] {
  const lines = stderr.split('\n').filter(line => line.trim() !== '');
  return lines.map(line => {
    const said = parsed(line);
    if (said === undefined) return line;
    const item = textOf(said, 'item');
    const { error } = said;
    const why = isObject(error) ? textOf(error, 'message') : textOf(said, 'message');
    return item === '' ? why : `${item}: ${why}`;
  });
}

/** One line of its output with --json; undefined for what is none. */
export function parsed(line: string): JsonObject | undefined {
  return line.startsWith('{') ? parsedObject(line) : undefined;
}

/** @throws VigieError by how restic ended; its exit codes are documented */
export function mustEndWell(
  { code, cut, stderr, signal }: Pick<Ended, 'code' | 'cut' | 'stderr' | 'signal'>,
  { name, shown }: Pick<Repository, 'name' | 'shown'>,
): void {
  if (code === 0 && cut === undefined) return;
  const where = `the restic repository ${shown} (destination ${name})`;
  const details = { destination: name, ...(code === null ? {} : { code }) };
  const said = cleanLine(complaintsIn(stderr).slice(-3).join(' '), complaintChars);
  const why = said === '' ? '' : `: ${said}`;
  if (cut === 'stopped') throw new VigieError('CANCELLED', `restic was stopped at ${where}.`);
  if (cut === 'deadline')
    throw new VigieError('TIMEOUT', `${where} did not answer in time${why}`, { details, retryable: true });
  switch (code ?? -1) {
    case 10:
      throw new VigieError('DESTINATION', `There is no repository at ${shown} (destination ${name}).`, {
        hint: 'Make it once with restic init, with the same password; Vigie makes none by itself.',
        details,
      });
    case 11:
      throw new VigieError('CONFLICT', `Somebody else holds ${where}${why}`, { details, retryable: true });
    case 12:
      throw new VigieError('UNAUTHENTICATED', `The password does not open ${where}.`, {
        hint: 'Look at restic.password of that destination in vigie.yaml.',
        details,
      });
    default:
      throw new VigieError(
        'DESTINATION',
        `restic failed at ${where} (${code ?? signal ?? 'a signal'})${why}`,
        {
          details,
        },
      );
  }
}
