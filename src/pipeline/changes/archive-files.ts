import { posix } from 'node:path';
import { copyLimits } from '../../core/copy-limits.ts';
import { VigieError } from '../../core/errors.ts';
import { unpackTar } from '../../core/tar.ts';
import { cleanLine } from '../../core/text.ts';
import type { LocalFile } from '../../toolkit/local-end.ts';

/**
 * The files of an archive that a pod made of one of its paths. The pod is not trusted: a name that would lie anywhere but
 * below that path makes the whole archive worth nothing; links and devices are left out. @throws VigieError BAD_RESPONSE
 */
export function filesOf(archive: Buffer, podPath: string): { files: LocalFile[]; leftOut: number } {
  const root = posix.normalize(podPath).replace(/^\/+|\/+$/g, '');
  const files = new Map<string, LocalFile>();
  let leftOut = 0;
  for (const { path, kind, mode, bytes } of unpackTar(archive)) {
    if (kind === 'folder') continue;
    if (kind !== 'file') {
      leftOut += 1;
      continue;
    }
    const below = belowRoot(path, root);
    if (below === undefined || files.has(below)) throw hostile(path);
    files.set(below, { path: below, mode, bytes });
    if (files.size > copyLimits.files) throw hostile(`more than ${copyLimits.files} files`);
  }
  // A file and a folder of one name cannot both be written.
  const clash = [...files.keys()].find(path => parentsOf(path).some(parent => files.has(parent)));
  if (clash !== undefined) throw hostile(clash);
  return { files: [...files.values()], leftOut };
}

function belowRoot(path: string, root: string): string | undefined {
  const name = path.replace(/^(?:\.?\/)+/, '');
  const rest =
    root === ''
      ? name
      : name === root
        ? ''
        : name.startsWith(`${root}/`)
          ? name.slice(root.length + 1)
          : undefined;
  // A name that moves a cursor would deceive whoever lists the folder.
  if (rest === undefined || /\p{Cc}/u.test(rest)) return undefined;
  const parts = rest === '' ? [] : rest.split('/');
  return parts.some(part => part === '' || part === '.' || part === '..') ? undefined : rest;
}

function parentsOf(path: string): string[] {
  if (path === '') return [];
  const parts = path.split('/').slice(0, -1);
  return ['', ...parts.map((_part, index) => parts.slice(0, index + 1).join('/'))];
}

function hostile(what: string): VigieError {
  return new VigieError(
    'BAD_RESPONSE',
    `The archive of the pod holds what was not asked for (${cleanLine(JSON.stringify(what), 200)}); nothing of it was written.`,
  );
}
