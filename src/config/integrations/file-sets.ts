import { posix } from 'node:path';
import * as z from 'zod';
import type { BackupDestination, BackupSet } from '../../core/backup-set.ts';
import { textsIn } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { Aliases } from './reference.ts';

/** Each is looked at before every backup, and is an item of the manifest. */
const mostPaths = 50;
/** A manifest names each. */
const pathChars = 1_000;
const mostPatterns = 200;

const lyingIn = { directory: 'a folder', s3: 'a bucket' } as const;

const shownWhole = (text: string): boolean => cleanLine(text, pathChars) === text;

/** Files and folders that are backed up together. */
export const filePaths = z
  .array(
    z
      .string()
      .max(pathChars)
      .refine(
        text =>
          text.startsWith('/') && posix.normalize(text) === text && (text === '/' || !text.endsWith('/')),
        'must be an absolute path like /srv/uploads, without . or .. and without a slash at its end',
      )
      .refine(shownWhole, 'must not hold characters that a screen does not show'),
  )
  .min(1)
  .max(mostPaths);

/** Patterns of what is left out. */
export const excludePatterns = z
  .array(
    z
      .string()
      .min(1)
      .max(pathChars)
      .refine(shownWhole, 'must not hold characters that a screen does not show'),
  )
  .max(mostPatterns);

/** What else must hold of a set of files: what keeps trees, and that restic can carry them. Says where it does not. */
export function checkFileSet(
  set: BackupSet,
  { destinations, fail }: { destinations: ReadonlyMap<string, BackupDestination>; fail: Aliases['fail'] },
): void {
  if (set.engine !== 'files') return;
  const at = ['backups', 'sets', set.name];
  const paths = textsIn(set.settings['paths']);
  for (const path of paths) {
    const within = paths.find(other => other !== path && isBelow(path, other));
    if (within !== undefined) fail([...at, 'paths'], `${path} lies in ${within}, which is read whole`);
  }
  if (new Set(paths).size < paths.length) fail([...at, 'paths'], 'names a path twice');
  const [first, ...others] = set.to.flatMap(name => destinations.get(name) ?? []);
  for (const destination of [first, ...others]) {
    if (destination === undefined) continue;
    const { name, at: place } = destination;
    if (place.kind !== 'restic')
      fail(
        [...at, 'to'],
        `${name} is ${lyingIn[place.kind]}, and files go to restic repositories alone: restic reads only what changed, and keeps it once`,
      );
    if (place.kind !== 'restic' || typeof place.repository !== 'string') continue;
    const { repository } = place;
    const within = paths.find(path => isBelow(repository, path));
    if (set.run.in === 'local' && within !== undefined)
      fail([...at, 'paths'], `${within} holds the repository of ${name}, which would be copied into itself`);
  }
  for (const other of others) {
    const key = keyThatDiffers(first, other);
    if (key !== undefined)
      fail(
        [...at, 'to'],
        `${first?.name} and ${other.name} each have a ${key} of their own, and restic, which carries from one to the other, takes one: let both name the same secret`,
      );
  }
}

function keyThatDiffers(
  one: BackupDestination | undefined,
  { at: other }: BackupDestination,
): string | undefined {
  if (one?.at.kind !== 'restic' || other.kind !== 'restic') return undefined;
  const { env } = one.at;
  return Object.keys(env).find(
    key => other.env[key] !== undefined && other.env[key].toString() !== env[key]?.toString(),
  );
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);
}
