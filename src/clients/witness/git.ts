import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../processes/run-program.ts';
import { trouble } from './trouble.ts';
import { lineOf, mostLines, programLimits, rowOf, type Witness, type WitnessedRow } from './witness.ts';

// One branch an installation, vigie-witness/ID, and one commit a line: its subject is `SEQ HASH`, its tree empty. Each
// commit pins all before it, so whoever has fetched the branch once has a witness of their own; nothing is pushed. Only
// plumbing is run: index, work tree, HEAD and other branches are not looked at.

/** Two Vigies of one installation may meet at the branch; each round one of them gets on. */
const attempts = 5;

const closed = {
  // The user's and the machine's configuration may name programs; the repository's own is read, so what in it could
  // run one is switched off: hooks, signing and the fetching of missing objects.
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_NO_LAZY_FETCH: '1',
  GIT_TERMINAL_PROMPT: '0',
  // Either of these could show another past than the commits have.
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
  GIT_AUTHOR_NAME: 'vigie',
  GIT_AUTHOR_EMAIL: 'vigie@localhost',
  GIT_COMMITTER_NAME: 'vigie',
  GIT_COMMITTER_EMAIL: 'vigie@localhost',
  HOME: '/dev/null',
  LC_ALL: 'C',
};
const settings = [
  'core.hooksPath=/dev/null',
  'core.fsync=all',
  // Another Vigie at the same branch is done in milliseconds.
  'core.filesRefLockTimeout=1000',
  'i18n.commitEncoding=UTF-8',
  'i18n.logOutputEncoding=UTF-8',
  'gpg.program=/dev/null',
].flatMap(setting => ['-c', setting]);

interface Tip {
  commit: string;
  tree: string;
  /** The subject of the commit. */
  line: string;
}

/** A git repository, bare or not, that this user may write. It must be there. */
export function gitWitness(at: { path: string; installation: string; env: NodeJS.ProcessEnv }): Witness {
  const { path } = at;
  const name = `git ${path}`;
  const branch = `refs/heads/vigie-witness/${at.installation}`;

  async function git(
    words: readonly string[],
    { signal, env = {} }: { signal: AbortSignal; env?: Record<string, string> },
  ): Promise<string> {
    try {
      return await runProgram(['git', `--git-dir=${await gitFolder(path)}`, ...settings, ...words], {
        env: { ...closed, PATH: at.env['PATH'] ?? '', ...env },
        signal,
        limits: programLimits,
      });
    } catch (error) {
      throw trouble(name, error instanceof Error ? error.message : String(error));
    }
  }

  /** undefined: the branch is not there yet. */
  async function readTip(signal: AbortSignal): Promise<Tip | undefined> {
    const found = await git(['for-each-ref', '--format=%(objectname) %(tree) %(contents:subject)', branch], {
      signal,
    });
    const [, commit, tree, line] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (.*)\n/.exec(found) ?? [];
    return commit === undefined || tree === undefined || line === undefined
      ? undefined
      : { commit, tree, line };
  }

  async function add(
    row: WitnessedRow & { at: string },
    { before, signal }: { before: Tip | undefined; signal: AbortSignal },
  ): Promise<Tip> {
    const line = lineOf(row);
    if (before?.line === line) return before;
    const date = `${Math.floor(Date.parse(row.at) / 1000)} +0000`;
    const within = { signal, env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date } };
    const tree = before?.tree ?? (await git(['mktree'], within)).trim();
    const parent = before === undefined ? [] : ['-p', before.commit];
    const commit = (await git(['commit-tree', tree, ...parent, '-m', line], within)).trim();
    // An empty old value means: it must not be there.
    await git(['update-ref', '-m', 'witness', branch, commit, before?.commit ?? ''], within);
    return { commit, tree, line };
  }

  /** What was written last: most often nobody else has written since, and two programs are enough. */
  let known: Tip | undefined;

  return {
    system: 'git',
    name,
    shows: 'all',

    async record(row, signal) {
      for (let attempt = 1; ; attempt++) {
        const guess = known?.line === lineOf(row) ? undefined : known;
        known = undefined;
        const before = guess ?? (await readTip(signal));
        try {
          known = await add(row, { before, signal });
          return;
        } catch (error) {
          if (guess !== undefined && !signal.aborted) continue;
          const now = await readTip(signal);
          // Another Vigie was faster. Where nothing moved, a lock or the disk is in the way, and it stays there for now.
          if (attempt >= attempts || now?.commit === before?.commit) throw error;
        }
      }
    },

    async recall(signal) {
      const newest = await readTip(signal);
      if (newest === undefined) return [];
      const text = await git(
        ['rev-list', '--first-parent', `--max-count=${mostLines}`, '--format=%s', newest.commit],
        { signal },
      );
      return text
        .split('\n')
        .map(rowOf)
        .filter((row): row is WitnessedRow => row !== undefined);
    },
  };
}

/** Named outright, so that git neither looks in the folders above nor asks whose the repository is: vigie.yaml says it. */
async function gitFolder(path: string): Promise<string> {
  const inner = join(path, '.git');
  return stat(inner).then(
    () => inner,
    () => path,
  );
}
