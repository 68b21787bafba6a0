import type { TreeEntry } from '../../core/copied-trees.ts';
import { type ContentItem, type Contents, copyTime } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import type { Dumped, DumpJob, Engine, InspectJob, RestoreJob, Scratch, ScratchJob } from '../engine.ts';
import { outputOf, streamOf, type Within } from '../programs.ts';
import { asOneRead, isFile, TreeItems } from './tree-items.ts';

/** Files and folders, as a set of backups names them. */
export interface FilesSettings {
  /** Absolute; where the commands run. */
  paths: readonly string[];
  /** Patterns of restic. Absent: nothing is left out. */
  exclude?: readonly string[];
  /** Absent: what is mounted below is read too. */
  oneFileSystem?: boolean;
  /** False: nothing is written to the source, and nothing proves then how new a copy is. Absent: a marker is written. */
  marker?: boolean;
}

/** A folder with what was restored, each path under its own. */
interface FilesTarget {
  folder: string;
  set: string;
}

const treePart = 'tree';

/**
 * Files and folders, read by the destination's own program: it reads what changed and stores what it does not have yet.
 * Each file is as it was while it was read, and the tree of no single moment.
 */
export const files: Engine<FilesSettings, FilesTarget> = {
  name: 'files',
  programs: { dump: ['restic'], restore: ['restic'] },

  async dump(job: DumpJob<FilesSettings>): Promise<Dumped> {
    const { settings, name, runner, sink } = job;
    const { paths, exclude = [], oneFileSystem = false } = settings;
    if (sink.putTree === undefined)
      throw new VigieError(
        'BACKUP',
        `Files go to restic repositories alone, and the first destination is none.`,
      );
    const marker =
      settings.marker === false ? undefined : `${slashed(paths[0] ?? '')}${markerName(name.set)}`;
    const began = await prepare(job, { paths, marker, text: name.copy });
    job.progress(`Reading ${paths.join(', ')}`);
    const since = job.previous?.parts.find(part => part.name === treePart)?.tree?.snapshot;
    const stored = await sink.putTree(treePart, {
      paths,
      exclude,
      oneFileSystem,
      ...(since === undefined ? {} : { since }),
    });
    const written = marker === undefined ? undefined : await writtenSince(job, { paths, marker });
    job.progress('Listing what was read');
    const found = new TreeItems(paths);
    let marked: TreeEntry | undefined;
    const changed: string[] = [];
    let more = 0;
    for await (const entry of stored.entries()) {
      found.addEntry(entry);
      const path = asOneRead(entry.path);
      if (path === marker) marked = entry;
      else if (written?.has(path) === true && changed.length < mostChanged) changed.push(path);
      else if (written?.has(path) === true) more += 1;
    }
    if (marker !== undefined) mustBeMarked(marked, { marker, text: name.copy });
    return {
      contents: {
        how: 'tree',
        at: began.at,
        items: found.items(),
        ...(marker === undefined ? {} : { marker: name.copy }),
        ...(changed.length === 0 ? {} : { changed: tellChanged(changed, more) }),
      },
      source: { paths: cleanLine(paths.join(', '), shownChars), where: runner.where },
      tools: { restic: began.restic },
    };
  },

  async scratch({ folder, manifest }: ScratchJob<FilesSettings>): Promise<Scratch<FilesTarget>> {
    return {
      target: { folder, set: manifest.set },
      shown: 'files in a folder of their own',
      end: async () => undefined,
    };
  },

  pathAlone: true,

  async restore({ copy, target, only, ...step }: RestoreJob<FilesTarget>): Promise<void> {
    const { folder } = target;
    const restored = await copy.restoreTree(treePart, {
      ...step,
      folder,
      ...(only === undefined ? {} : { only }),
    });
    if (only === undefined) return;
    // The manifest tells of whole paths alone.
    const expected = new TreeItems([only]);
    for await (const entry of restored.entries()) expected.addEntry(entry);
    const [wanted] = expected.items();
    if (wanted?.count === 0)
      throw new VigieError(
        'NOT_FOUND',
        `Copy ${copy.manifest.copy} of ${copy.manifest.set} holds no ${only}.`,
        {
          hint: 'Name an absolute path, as it was where the set was backed up.',
        },
      );
    const [found] = await itemsBelow(folder, { paths: [only], step });
    if (found?.hash !== wanted?.hash)
      throw new VigieError('BACKUP', `${only} was restored, and is not what the copy holds of it.`, {
        details: { program: 'restic' },
      });
  },

  async inspect({ target, expected, ...step }: InspectJob<FilesTarget>): Promise<Contents> {
    const paths = expected.items.map(({ name }) => name);
    const items = await itemsBelow(target.folder, { paths, step });
    const marker = `${target.folder}${slashed(paths[0] ?? '')}${markerName(target.set)}`;
    const argv = ['sh', '-c', markerScript, 'sh', target.folder, marker.slice(target.folder.length)] as const;
    const text = (await outputOf(step, { argv })).trim();
    // Whatever else stands there is somebody's own, and is not told.
    const told = copyTime(text) === undefined ? 'no marker of Vigie' : text;
    return { how: 'tree', at: expected.at, items, ...(text === '' ? {} : { marker: told }) };
  },
};

/** What lies restored below a folder. */
async function itemsBelow(
  folder: string,
  { paths, step }: { paths: readonly string[]; step: Within },
): Promise<ContentItem[]> {
  const found = new TreeItems(paths);
  const listed = streamOf(step, { argv: ['sh', '-c', listScript, 'sh', folder] });
  for await (const line of linesOf(listed)) found.addLine(line);
  return found.items();
}

/** Of files that were written to while they were read; a person looks at the first. */
const mostChanged = 5;
const shownChars = 900;
/** Of their names, before they are looked for in what was read. */
const writtenBytes = 1024 * 1024;

function tellChanged(changed: readonly string[], more: number): string {
  return cleanLine(`${changed.join(', ')}${more === 0 ? '' : ` and ${more} more`}`, shownChars);
}

/** One for each set: two sets of one folder do not take each other's. */
function markerName(set: string): string {
  return `.vigie-marker-${set}`;
}

function slashed(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

/** @throws VigieError BACKUP where the marker that was written was not read as the file that it is */
function mustBeMarked(
  found: TreeEntry | undefined,
  { marker, text }: { marker: string; text: string },
): void {
  if (found === undefined)
    throw new VigieError('BACKUP', `The marker ${marker} was written and is not in what was read.`, {
      hint: 'Let no pattern under exclude leave it out, or say marker: false in the set.',
      details: { program: 'restic' },
    });
  // Whoever may write to the folder could have made it a link: a drill would follow that with other rights.
  if (isFile(found) && found.size === text.length + 1) return;
  throw new VigieError(
    'BACKUP',
    `The marker ${marker} is not the file that was written: somebody changed it.`,
    {
      hint: 'See who else writes there, or say marker: false in the set.',
      details: { program: 'restic' },
    },
  );
}

/** Looks at every path, and writes the marker. @throws VigieError BACKUP with what is wrong there */
async function prepare(
  job: DumpJob<FilesSettings>,
  { paths, marker = '', text }: { paths: readonly string[]; marker: string | undefined; text: string },
): Promise<{ at: string; restic: string }> {
  const version = await outputOf(job, { argv: ['restic', 'version'] });
  const at = await outputOf(job, { argv: ['sh', '-c', prepareScript, 'sh', marker, text, ...paths] });
  return { at: at.trim(), restic: /^restic (\S+)/.exec(version)?.[1] ?? 'unknown' };
}

// A path that is a link would be stored as one. Whoever may write to the folder could have made the marker a link to what
// only we may write to: it is taken away first, and made only where nothing is.
const prepareScript = `
marker=$1 text=$2
shift 2
for path; do
  if [ -L "$path" ]; then echo "$path is a link: name what it leads to" >&2; exit 3; fi
  if [ ! -e "$path" ]; then echo "$path is not there" >&2; exit 3; fi
done
date -u +%Y-%m-%dT%H:%M:%SZ
[ -n "$marker" ] || exit 0
umask 077
set -C
if ! { [ -d "$1" ] && rm -f -- "$marker" && printf '%s\\n' "$text" > "$marker"; }; then
  echo "the marker $marker cannot be written there; marker: false in the set writes none" >&2
  exit 3
fi`;

// What was restored may hold links, in its folders too: only what lies at its own path is read.
const markerScript = `
real=$(realpath -- "$1") || exit 3
found=$(realpath -- "$1$2" 2>/dev/null) || exit 0
if [ "$found" = "$real$2" ] && [ -f "$found" ]; then head -c 100 -- "$found"; fi`;

/** Files that are younger than the marker: names, some of them cut off where there are very many. */
async function writtenSince(
  job: DumpJob<FilesSettings>,
  { paths, marker }: { paths: readonly string[]; marker: string },
): Promise<Set<string>> {
  const said = await outputOf(job, {
    argv: ['sh', '-c', writtenScript, 'sh', marker, String(writtenBytes), ...paths],
  });
  return new Set(said.split('\0').map(asOneRead));
}

// What has gone meanwhile, or cannot be looked into, is none that was read.
const writtenScript = `
marker=$1 most=$2
shift 2
find "$@" -type f -newer "$marker" -print0 2>/dev/null | head -c "$most"`;

const listScript = `
cd -- "$1" || exit 3
find . -type f -exec stat -c '%f %s %n' {} + && find . ! -type f ! -name . -exec stat -c '%f - %n' {} +`;

async function* linesOf(output: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  for await (const chunk of output) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
