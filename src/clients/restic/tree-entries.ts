import type { TreeEntry } from '../../core/copied-trees.ts';
import { textOf } from '../../core/json.ts';
import { printedLines } from './printed-lines.ts';
import { mustEndWell, parsed, type Repository, startRestic } from './run.ts';
import { numberOf } from './run-for-tree.ts';

/** To list a tree of millions of files. */
const listMs = 3_600_000;

/** Go's bits for what stat(2) keeps in three of its own. */
const setUserId = 0x80_0000;
const setGroupId = 0x40_0000;
const sticky = 0x10_0000;

const kinds: ReadonlyMap<string, number> = new Map([
  ['file', 0o100_000],
  ['dir', 0o040_000],
  ['symlink', 0o120_000],
  ['fifo', 0o010_000],
  ['chardev', 0o020_000],
  ['dev', 0o060_000],
]);

/** Everything in a snapshot, as fast as it is taken; its end is reached only when all of it was listed. */
export async function* treeEntries(at: Repository, snapshot: string): AsyncGenerator<TreeEntry> {
  const left = new AbortController();
  const running = await startRestic(at, ['ls', '--json', '--no-lock', snapshot], {
    deadlineMs: listMs,
    signal: AbortSignal.any([at.signal, left.signal]),
  });
  try {
    for await (const line of printedLines(running.stdout)) {
      const said = parsed(line);
      const kind = kinds.get(textOf(said, 'type'));
      if (kind === undefined) continue;
      const mode = numberOf(said, 'mode') ?? 0;
      const special =
        (mode & setUserId ? 0o4000 : 0) | (mode & setGroupId ? 0o2000 : 0) | (mode & sticky ? 0o1000 : 0);
      yield {
        path: textOf(said, 'path'),
        mode: kind | special | (mode & 0o777),
        size: numberOf(said, 'size') ?? 0,
      };
    }
    mustEndWell(await running.ended, at);
  } finally {
    left.abort();
  }
}
