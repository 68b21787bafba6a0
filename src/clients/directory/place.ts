import { join } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { systemCode } from '../../core/system-error.ts';

// <root>/<set>/<copy>/        a finished copy: parts, manifest.json, drill-….json
// <root>/<set>/<copy>.partial one that is being written, or was left
// <root>/<set>/lock.json      who backs the set up just now

/** What a folder is called until its manifest is in it. */
export const partialEnding = '.partial';
export const lockName = 'lock.json';

/** A folder of copies, as vigie.yaml names it. */
export interface Directory {
  name: string;
  /** Absolute; must be there: a disk that is not mounted must not be taken for an empty one. */
  root: string;
  /** How copies there must be encrypted. Absent: they need not be. */
  demands?: 'age' | 'none';
}

export function setFolder({ root }: Directory, set: string): string {
  return join(root, set);
}

/** Tells what the file system said, once. */
export function directoryError(error: unknown, { name, root }: Directory): unknown {
  const code = systemCode(error);
  // Our own, or a fault of Vigie: no word of the file system.
  if (code === undefined || error instanceof VigieError) return error;
  const why = {
    ENOSPC: 'it is full',
    EDQUOT: 'its quota is used up',
    EACCES: 'Vigie may not read or write there',
    EPERM: 'Vigie may not read or write there',
    EROFS: 'it is mounted read-only',
    ENOENT: 'the folder does not exist, or its disk is not mounted',
    ENOTDIR: 'it is no folder',
    ELOOP: 'a link stands where a file of a copy should be',
    EIO: 'the disk failed',
  }[code];
  return new VigieError(
    'DESTINATION',
    `The destination ${name} (${root}) could not be used: ${why ?? code}.`,
    {
      hint: 'Look at that folder, or change the destination in vigie.yaml; vigie backups list says what lies there.',
      details: { destination: name, code },
      cause: error,
    },
  );
}
