import type { ContentItem, Contents } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, objectsIn, textIn } from '../../core/json.ts';
import { localRunner } from '../../processes/local-runner.ts';
import type { Dumped, DumpJob, Engine, InspectJob, RestoreJob, Scratch, ScratchJob } from '../engine.ts';
import { outputOf, streamOf, type Within } from '../programs.ts';
import { openScratchFolder } from '../scratch-folder.ts';
import { sqliteProgram } from './sqlite-program.ts';

/** A database of SQLite, as a set of backups names it. */
export interface SqliteSettings {
  /** Its file, absolute; where the commands run. */
  path: string;
}

/** A folder with a database in it. */
interface SqliteTarget {
  folder: string;
}

const copiedPart = 'database.sqlite';
/** Of a path in a manifest. */
const shownChars = 500;

/**
 * One file of SQLite, copied by SQLite's own backup while others write to it. What is in it is read in the transaction that
 * is copied. With the write-ahead log writers go on meanwhile; with the old journal their commits wait.
 */
export const sqlite: Engine<SqliteSettings, SqliteTarget> = {
  name: 'sqlite',
  programs: { dump: ['node'], restore: ['node'] },

  async dump(job: DumpJob<SqliteSettings>): Promise<Dumped> {
    const { settings, runner, signal } = job;
    // A transaction cannot be read through a pipe page by page, so the copy lies in a folder before it is stored.
    const folder = await openScratchFolder(runner, { signal });
    try {
      const file = `${folder.path}/${copiedPart}`;
      job.progress(`Copying ${settings.path}`);
      const said = await ask(
        { ...job, folder: folder.path },
        'copy',
        settings.path,
        file,
        String(folder.freeBytes),
      );
      await job.sink.put(copiedPart, streamOf(job, { argv: ['cat', file] }));
      return {
        contents: { how: 'snapshot', at: textIn(said['at']), ...contentsIn(said) },
        source: { file: settings.path.slice(0, shownChars), where: runner.where },
        tools: toolsIn(said),
      };
    } finally {
      await folder.end();
    }
  },

  async scratch({ folder }: ScratchJob<SqliteSettings>): Promise<Scratch<SqliteTarget>> {
    return {
      target: { folder },
      shown: 'SQLite in a folder of its own',
      end: async () => undefined,
    };
  },

  async restore({ copy, target, ...step }: RestoreJob<SqliteTarget>): Promise<void> {
    await outputOf(step, {
      argv: ['sh', '-c', 'umask 077; cat > "$1"', 'sh', `${target.folder}/${copiedPart}`],
      stdin: copy.open(copiedPart),
    });
  },

  async inspect({ target, expected, ...step }: InspectJob<SqliteTarget>): Promise<Contents> {
    const said = await ask({ ...step, folder: target.folder }, 'look', `${target.folder}/${copiedPart}`);
    return { how: 'snapshot', at: expected.at, ...contentsIn(said) };
  },
};

/** @throws VigieError BACKUP with what SQLite says */
async function ask(
  { folder, ...step }: Within & { folder: string },
  ...words: string[]
): Promise<JsonObject> {
  // Here it is the very Node that runs Vigie, whatever PATH has.
  const node = step.runner === localRunner ? process.execPath : 'node';
  const said: unknown = JSON.parse(
    await outputOf(step, {
      argv: [node, '--no-warnings', '--eval', sqliteProgram, '--', ...words],
      // Where it works tells who ends it, should Vigie be killed.
      folder,
    }),
  );
  if (isObject(said)) return said;
  throw new VigieError('BACKUP', `Reading ${words[1] ?? ''} gave nothing that can be read.`);
}

function contentsIn(said: JsonObject): { items: ContentItem[]; left?: number } {
  const { items, left } = said;
  return {
    items: objectsIn(items).map(({ name, count, hash }) => ({
      name: textIn(name),
      count: Number(count),
      hash: textIn(hash),
    })),
    ...(typeof left === 'number' ? { left } : {}),
  };
}

function toolsIn({ versions }: JsonObject): Record<string, string> {
  if (!isObject(versions)) return {};
  return Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, textIn(version)]));
}
