import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readOwned } from '../../config/owned-file.ts';
import { VigieError } from '../../core/errors.ts';
import { nearestNames } from '../../core/nearest.ts';
import { systemCode } from '../../core/system-error.ts';
import { trusted } from '../../core/trusted-text.ts';
import { caps } from '../language/caps.ts';
import { shippedFolder } from './shipped-folder.ts';

// Playbooks by their names: those that come with Vigie, and those in the folder that vigie.yaml names. A name is a folder
// right below one of the two and nothing else: no path, no link. What others may write is not read.

/** A playbook as it lies there. */
export interface PlaybookFile {
  name: string;
  /** own: of the folder that vigie.yaml names. */
  origin: 'shipped' | 'own';
  file: string;
}

/** More is no folder of playbooks. */
const mostPlaybooks = 1_000;

const namePattern = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Every playbook there is, by its name. One of the user's that has the name of a shipped one is not among them. */
export async function listPlaybooks(directory: string | undefined): Promise<PlaybookFile[]> {
  const shipped = await namesIn(await shippedFolder());
  const own = directory === undefined ? [] : await namesIn(directory);
  const files = [
    ...shipped.map(({ name, file }): PlaybookFile => ({ name, origin: 'shipped', file })),
    ...own
      .filter(({ name }) => !shipped.some(each => each.name === name))
      .map(({ name, file }): PlaybookFile => ({ name, origin: 'own', file })),
  ];
  return files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * A playbook by its name, with its text.
 * @throws VigieError INVALID_INPUT: there is none; details: nearest. INVALID_CONFIG: its file is a link, or others may write it.
 */
export async function readNamed(
  name: string,
  directory: string | undefined,
): Promise<PlaybookFile & { text: string }> {
  const all = await listPlaybooks(directory);
  const found = all.find(each => each.name === name);
  if (found !== undefined) {
    const text = await textOf(found);
    if (text !== undefined) return { ...found, text };
  }
  const nearest = nearestNames(
    name,
    all.map(each => each.name),
  );
  throw new VigieError('INVALID_INPUT', `There is no playbook ${name}.`, {
    hint: nearest.length > 0 ? trusted`Did you mean ${nearest}?` : 'vigie playbooks list',
    details: { nearest },
  });
}

/** The text of a listed playbook; undefined: it is gone. @throws VigieError INVALID_CONFIG */
export async function textOf({ origin, file }: PlaybookFile): Promise<string | undefined> {
  if (origin === 'shipped') return readBounded(file);
  return (await readOwned(file, { owner: 'self-or-root' }))?.text;
}

/**
 * A file that a person names, or one that came with Vigie; undefined: there is none. One that is too large is read so far
 * that it is seen to be.
 * @throws VigieError PLAYBOOK: it is no file, or may not be read; details: file
 */
export async function readBounded(file: string): Promise<string | undefined> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    // A pipe must not be waited for.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw unreadable(file, systemCode(error) ?? 'unknown');
  }
  try {
    if (!(await handle.stat()).isFile()) throw unreadable(file, 'it is no regular file');
    const most = caps.fileBytes + 1;
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(most), 0, most, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function unreadable(file: string, why: string): VigieError {
  return new VigieError('PLAYBOOK', `${file} cannot be read: ${why}.`, {
    hint: 'Name the file of a playbook: vigie playbooks lint FILE',
    details: { file },
  });
}

/** Folders of a folder that can be playbooks and hold one. @throws VigieError PLAYBOOK: the folder cannot be read */
async function namesIn(folder: string | undefined): Promise<{ name: string; file: string }[]> {
  if (folder === undefined) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    // `vigie playbooks new` makes it.
    if (systemCode(error) === 'ENOENT') return [];
    throw new VigieError(
      'PLAYBOOK',
      `The folder ${folder} cannot be read: ${systemCode(error) ?? 'unknown'}.`,
      {
        hint: 'Mend playbooks.directory in vigie.yaml.',
        details: { file: folder },
      },
    );
  });
  const names = entries
    // A link is no folder here: what it leads to is not this folder's.
    .filter(entry => entry.isDirectory() && namePattern.test(entry.name))
    .map(entry => ({ name: entry.name, file: join(folder, entry.name, 'playbook.yaml') }))
    .slice(0, mostPlaybooks);
  const there = await Promise.all(
    names.map(async ({ file }) => (await lstat(file).catch(() => undefined)) !== undefined),
  );
  return names.filter((_, index) => there[index]);
}
