import type { TreeRunner } from '../../core/copied-trees.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, textOf } from '../../core/json.ts';
import { printedLines } from './printed-lines.ts';
import { parsed, type Repository, resticCommand } from './run.ts';

/** How often it says how far it is, in times a second: it says nothing by itself where no terminal is. */
const tellsPerSecond = '0.5';

/**
 * It neither reads, writes nor finds anything for so long: what it speaks to is away, and it would go on trying. A large
 * repository takes minutes to be opened.
 */
const silentMs = 5 * 60_000;

/** How restic ended, and the summary that it printed. */
interface TreeEnd {
  ended: Awaited<Awaited<ReturnType<TreeRunner['start']>>['ended']>;
  summary: JsonObject;
}

/**
 * Runs restic where the files are, until its end or until it has stood still for long. The repository and what opens it
 * are in its environment alone. @throws VigieError TIMEOUT, and what the runner throws
 */
export async function runForTree(at: Repository, words: readonly string[], by: TreeRunner): Promise<TreeEnd> {
  const stuck = new AbortController();
  const patienceMs = at.patienceMs ?? silentMs;
  const running = await by.start({
    ...resticCommand(at, words),
    env: { RESTIC_PROGRESS_FPS: tellsPerSecond },
    signal: AbortSignal.any([at.signal, stuck.signal]),
  });
  let timer = setTimeout(() => stuck.abort(), patienceMs);
  let last = '';
  let summary: JsonObject = {};
  try {
    for await (const line of printedLines(running.stdout)) {
      const said = parsed(line);
      if (textOf(said, 'message_type') === 'summary') summary = said ?? {};
      const done = said === undefined ? line.replace(/^\[[\d:]+\]/, '') : doneOf(said);
      if (done === last || done === '') continue;
      last = done;
      by.progress(`restic: ${done}`);
      clearTimeout(timer);
      timer = setTimeout(() => stuck.abort(), patienceMs);
    }
    const ended = await running.ended;
    if (!stuck.signal.aborted) return { ended, summary };
  } finally {
    clearTimeout(timer);
  }
  throw new VigieError(
    'TIMEOUT',
    `restic stood still for ${Math.ceil(patienceMs / 60_000)} minutes at ${at.shown} (destination ${at.name}).`,
    {
      hint: 'See whether the repository can be reached from where the commands of the set run.',
      details: { destination: at.name },
      retryable: true,
    },
  );
}

/** What grows while it gets on; its clock does not count. */
function doneOf(said: JsonObject): string {
  return ['total_files', 'files_done', 'files_restored', 'total_bytes', 'bytes_done', 'bytes_restored']
    .flatMap(key => (said[key] === undefined ? [] : [`${key.replace('_', ' ')} ${Number(said[key])}`]))
    .join(', ');
}

/** Whether a value of it is a number. */
export function numberOf(value: unknown, key: string): number | undefined {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === 'number' ? found : undefined;
}
